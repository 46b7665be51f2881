#include "schedules/core/Schedules.h"
#include "schedules/core/Registry.h"
#include "schedules/core/emit/Guard.h"

#include <algorithm>
#include <google/protobuf/text_format.h>
#include <map>

namespace convoy::schedules {

std::string canonicalForm(const proto::Kernel &kernel) {
  proto::Kernel canonical = kernel;
  canonical.clear_debug();
  std::map<int, int> numbers;
  for (proto::Tensor &tensor : *canonical.mutable_tensors())
    for (proto::Dim &dim : *tensor.mutable_dims())
      if (dim.has_symbol())
        dim.set_symbol(numbers.try_emplace(dim.symbol(), int(numbers.size()) + 1).first->second);
  std::string text;
  google::protobuf::TextFormat::PrintToString(canonical, &text);
  return text;
}

Result<std::vector<proto::Schedule>> candidates(const proto::Kernel &kernel) {
  return guarded([&]() -> Result<std::vector<proto::Schedule>> {
    std::multimap<double, proto::Schedule> found; // Equal estimates stay in the order of the registry.
    for (const auto &entry : templates()) {
      if (entry->onGpu() != kernel.target().has_gpu() || !entry->misfit(kernel).empty())
        continue;
      for (const proto::Schedule &schedule : entry->rank(kernel))
        found.emplace(entry->estimate(kernel, schedule), schedule);
    }
    std::vector<proto::Schedule> schedules;
    for (auto &[estimate, schedule] : found)
      schedules.push_back(std::move(schedule));
    return schedules;
  });
}

namespace {
Status verifyKnobs(const Template &chosen, const proto::Schedule &schedule) {
  const std::vector<Knob> knobs = chosen.knobs();
  for (const auto &[name, value] : schedule.knobs()) {
    auto knob = std::find_if(knobs.begin(), knobs.end(), [&](const Knob &k) { return k.name == name; });
    if (knob == knobs.end())
      return Error{"template '" + chosen.name() + "' has no knob '" + name + "'"};
    if (value < knob->least || value > knob->most)
      return Error{"knob '" + name + "' of template '" + chosen.name() + "' is " + std::to_string(value) +
                   "; it goes from " + std::to_string(knob->least) + " to " + std::to_string(knob->most)};
  }
  return ok();
}
} // namespace

Status verify(const proto::Kernel &kernel) {
  return guarded([&]() -> Status {
    const proto::Schedule &schedule = kernel.schedule();
    const Template *chosen = registry().findTemplate(schedule.template_name());
    if (!chosen)
      return Error{"there is no template '" + schedule.template_name() + "'"};
    if (chosen->onGpu() != kernel.target().has_gpu())
      return Error{"template '" + chosen->name() + "' is " + (chosen->onGpu() ? "" : "not ") + "for GPUs"};
    if (std::string misfit = chosen->misfit(kernel); !misfit.empty())
      return Error{"template '" + chosen->name() + "' does not fit: " + misfit};
    return verifyKnobs(*chosen, schedule);
  });
}

Result<proto::Kernel> withSchedule(const proto::Kernel &kernel) {
  proto::Kernel scheduled = kernel;
  if (kernel.schedule().template_name().empty()) {
    Result<std::vector<proto::Schedule>> ranked = candidates(kernel);
    if (!ranked)
      return Error{ranked.error()};
    *scheduled.mutable_schedule() = ranked->front();
  }
  if (Status verified = verify(scheduled); !verified)
    return Error{verified.error()};
  return scheduled;
}

Result<proto::Layout> wantedLayout(const proto::Kernel &kernel, int input) {
  Result<proto::Kernel> scheduled = withSchedule(kernel);
  if (!scheduled)
    return Error{scheduled.error()};
  if (input < 0 || input >= kernel.inputs_size())
    return Error{"a kernel has no input " + std::to_string(input)};
  return guarded([&]() -> Result<proto::Layout> {
    const proto::Schedule &schedule = scheduled->schedule();
    return registry().findTemplate(schedule.template_name())->wantedLayout(*scheduled, schedule, input);
  });
}

} // namespace convoy::schedules
