#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/elementwise/Collapse.h"
#include "schedules/limits/Reasons.h"

#include <set>

namespace convoy::schedules {

namespace {

const proto::Op *anchorOf(const proto::Kernel &kernel) {
  return kernel.anchor() >= 0 && kernel.anchor() < kernel.ops_size() ? &kernel.ops(kernel.anchor()) : nullptr;
}

int64_t windowOf(const proto::Op &op) {
  int64_t window = 1;
  if (auto found = op.attributes().find("window"); found != op.attributes().end())
    for (int64_t extent : found->second.ints())
      window *= extent;
  return window;
}

void explainAnchor(const proto::Kernel &kernel, const proto::Op &op, Reasons &reasons) {
  const int64_t results = std::max<int64_t>(1, elements(kernel.tensors(op.outputs(0))));
  if (op.kind() == "convolution" || op.kind() == "matmul")
    reasons.push_back("no template fits these products");
  else if (op.kind() == "pool")
    reasons.push_back(std::to_string(windowOf(op)) + " elements are read for each result");
  else if (op.kind() == "reduce" || op.kind() == "scan")
    reasons.push_back("a sum of " + std::to_string(elements(kernel.tensors(op.inputs(0))) / results) +
                      " elements for each result");
  else if (op.kind() == "softmax")
    reasons.push_back("three passes: maximum, sum of exp, quotient");
}

/// Operands that meet inside of a vector.
void explainJoints(const proto::Kernel &kernel, const proto::Op &concat, Reasons &reasons) {
  const proto::Tensor &result = kernel.tensors(concat.outputs(0));
  const int64_t axis = concat.attributes().at("axis").ints(0), lanes = vectorLanes(kernel.target(), result.type());
  const int dim = int(axis < 0 ? axis + rankOf(result) : axis);
  for (int input : concat.inputs())
    if (dim == innermost(result) && extentOf(kernel.tensors(input), dim) % lanes != 0) {
      reasons.push_back("operands of " + std::to_string(extentOf(kernel.tensors(input), dim)) +
                        " neighbours meet inside of vectors");
      return;
    }
}

/// Movement whose operands' neighbours are none of the result's.
void explainMovement(const proto::Kernel &kernel, Reasons &reasons) {
  const std::set<std::string> scattered{"gather", "scatter", "resize"};
  if (turnOf(kernel))
    reasons.push_back("neighbours of the result are none of the operand's");
  for (const proto::Op &op : kernel.ops()) {
    if (scattered.count(op.kind()))
      reasons.push_back(op.kind() + " reads by computed positions");
    if (op.kind() == "concat")
      explainJoints(kernel, op, reasons);
  }
}

/// Rows that vectors don't fill; where all tensors lie in one order there are no rows.
void explainRows(const proto::Kernel &kernel, Reasons &reasons) {
  if (isCollapsible(kernel) || kernel.outputs_size() == 0)
    return;
  const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
  const int inner = innermost(output);
  if (inner >= 0 && elements(output) > extentOf(output, inner))
    explainLanes(extentOf(output, inner), vectorLanes(kernel.target(), output.type()), "neighbours", reasons);
}

} // namespace

void explainPass(const proto::Kernel &kernel, Reasons &reasons) {
  if (const proto::Op *anchor = anchorOf(kernel))
    explainAnchor(kernel, *anchor, reasons);
  explainMovement(kernel, reasons);
  explainRows(kernel, reasons);
  explainChain(kernel, reasons);
  if (kernel.ops_size() >= 6)
    reasons.push_back(std::to_string(kernel.ops_size()) + " operations in a chain");
}

} // namespace convoy::schedules
