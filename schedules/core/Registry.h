#pragma once

#include "schedules/core/Algorithm.h"
#include "schedules/core/Template.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace convoy::schedules {

/// What `schedules/` knows: the algorithm of each op kind, and the templates, in the order in which equal estimates
/// are resolved. Filled once by `registerFamilies` (schedules/Families.cpp).
struct Registry {
  std::map<std::string, Algorithm> algorithms;
  std::vector<std::unique_ptr<Template>> templates;

  template <typename T> void add() { templates.push_back(std::make_unique<T>()); }
  const Template *findTemplate(const std::string &name) const;
};

/// The template `plain`: fits every kernel, computes op by op in the simplest order, sums in double. The evaluator's.
void registerPlain(Registry &registry);

/// Each family adds its algorithms and templates; one line per family.
void registerFamilies(Registry &registry);

const Registry &registry();

} // namespace convoy::schedules
