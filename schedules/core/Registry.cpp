#include "schedules/core/Registry.h"

namespace convoy::schedules {

const Registry &registry() {
  static const Registry filled = [] {
    Registry made;
    registerFamilies(made);
    return made;
  }();
  return filled;
}

const Template *Registry::findTemplate(const std::string &name) const {
  for (const auto &entry : templates)
    if (entry->name() == name)
      return entry.get();
  return nullptr;
}

const std::vector<std::unique_ptr<Template>> &templates() { return registry().templates; }

proto::Layout Template::wantedLayout(const proto::Kernel &kernel, const proto::Schedule &, int input) const {
  return kernel.tensors(kernel.inputs(input)).layout();
}

int64_t knob(const proto::Schedule &schedule, const std::string &name, int64_t absent) {
  auto found = schedule.knobs().find(name);
  return found == schedule.knobs().end() ? absent : found->second;
}

} // namespace convoy::schedules
