#include "compiler/Plan/Spaces.h"

#include "compiler/Plan/Arena.h"
#include "dialects/cnn/Shapes.h"

using namespace mlir;

namespace convoy::compiler {

static SpacePlan placeSlots(ArrayRef<Tenant> tenants, ArrayRef<int> slots, int64_t alignment,
                            ExpressionWriter &expressions) {
  std::vector<proto::Size> slotBytes(slots.empty() ? 0 : *llvm::max_element(slots) + 1);
  for (auto [slot, tenant] : llvm::zip(slots, tenants))
    slotBytes[slot] =
        expressions.maximum(slotBytes[slot], expressions.roundUp(expressions.write(tenant.bytes), alignment));
  std::vector<proto::Size> offsets;
  SpacePlan plan;
  plan.bytes.set_constant(0);
  for (const proto::Size &bytes : slotBytes) {
    offsets.push_back(plan.bytes);
    plan.bytes = expressions.sum(plan.bytes, bytes);
  }
  for (auto [slot, tenant] : llvm::zip(slots, tenants))
    plan.offsets[tenant.number] = offsets[slot];
  return plan;
}

SpacePlan placeTenants(ArrayRef<Tenant> tenants, int64_t alignment, ExpressionWriter &expressions) {
  std::vector<Lifetime> lifetimes;
  bool isStatic = true;
  for (const Tenant &tenant : tenants) {
    std::optional<int64_t> bytes = cnn::constantOf(tenant.bytes);
    isStatic &= bytes.has_value();
    lifetimes.push_back({bytes.value_or(0), tenant.first, tenant.last});
  }
  if (!isStatic)
    return placeSlots(tenants, assignSlots(lifetimes), alignment, expressions);
  Placement placement = placeBuffers(lifetimes, alignment);
  SpacePlan plan;
  plan.bytes.set_constant(placement.bytes);
  for (auto [tenant, offset] : llvm::zip(tenants, placement.offsets))
    plan.offsets[tenant.number].set_constant(offset);
  return plan;
}

} // namespace convoy::compiler
