#include "schedules/elementwise/Collapse.h"
#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"

#include <algorithm>
#include <set>

namespace convoy::schedules {

namespace {

/// One axis of a tensor: elements, and what surrounds them.
struct Extent {
  int64_t size = 1, before = 0, after = 0;
  bool bare() const { return before == 0 && after == 0; }
};

/// A tensor's axes in the order of memory of the result, absent leading dimensions filled in.
struct Shape {
  std::vector<Extent> axes;
  bool stored = false; ///< A parameter; others have no surroundings.
};

int rankOfKernel(const proto::Kernel &kernel) {
  int rank = 0;
  for (const proto::Tensor &tensor : kernel.tensors())
    rank = std::max(rank, rankOf(tensor));
  return rank;
}

/// Order of memory of the first output, absent leading dimensions outermost.
std::vector<int> kernelOrder(const proto::Kernel &kernel) {
  const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
  const int shift = rankOfKernel(kernel) - rankOf(output);
  std::vector<int> order;
  for (int dim = 0; dim < shift; ++dim)
    order.push_back(dim);
  for (int dim : orderOf(output))
    order.push_back(dim + shift);
  return order;
}

/// Whether the dimensions of a tensor that have more than one element (or surroundings) lie in `order`.
bool follows(const proto::Tensor &tensor, const std::vector<int> &order) {
  const int shift = int(order.size()) - rankOf(tensor);
  size_t at = 0;
  for (int dim : orderOf(tensor)) {
    if (allocatedExtent(tensor, dim) == 1)
      continue;
    while (at < order.size() && order[at] != dim + shift)
      ++at;
    if (at == order.size())
      return false;
  }
  return true;
}

std::vector<Shape> shapesOf(const proto::Kernel &kernel, const std::vector<int> &order) {
  std::set<int> parameters(kernel.inputs().begin(), kernel.inputs().end());
  parameters.insert(kernel.outputs().begin(), kernel.outputs().end());
  std::vector<Shape> shapes;
  for (int i = 0; i < kernel.tensors_size(); ++i) {
    const proto::Tensor &tensor = kernel.tensors(i);
    const int shift = int(order.size()) - rankOf(tensor);
    Shape shape;
    shape.stored = parameters.count(i) > 0;
    for (int dim : order) {
      Extent extent;
      if (dim >= shift && !isTable(kernel, i)) {
        extent.size = extentOf(tensor, dim - shift);
        if (shape.stored) {
          extent.before = before(tensor.layout(), dim - shift);
          extent.after = after(tensor.layout(), dim - shift);
        }
      }
      shape.axes.push_back(extent);
    }
    shapes.push_back(shape);
  }
  return shapes;
}

/// An axis of one element everywhere goes; so does its memory, if nothing surrounds it or it is the outermost.
bool canDrop(const std::vector<Shape> &shapes, size_t axis) {
  return std::all_of(shapes.begin(), shapes.end(),
                     [&](const Shape &shape) { return shape.axes[axis].size == 1 && shape.axes[axis].bare(); });
}

/// Axis and the next one inside are one, if each tensor has all of both, densely, or one element of both.
bool canJoin(const std::vector<Shape> &shapes, size_t axis, const Shape &output) {
  return std::all_of(shapes.begin(), shapes.end(), [&](const Shape &shape) {
    const Extent &outer = shape.axes[axis], &inner = shape.axes[axis + 1];
    if (outer.size == 1 && inner.size == 1 && output.axes[axis].size * output.axes[axis + 1].size > 1)
      return outer.bare() && inner.bare();
    return outer.size == output.axes[axis].size && inner.size == output.axes[axis + 1].size && inner.bare();
  });
}

void drop(std::vector<Shape> &shapes, size_t axis) {
  for (Shape &shape : shapes)
    shape.axes.erase(shape.axes.begin() + int64_t(axis));
}

void join(std::vector<Shape> &shapes, size_t axis) {
  for (Shape &shape : shapes) {
    const int64_t inner = shape.axes[axis + 1].size;
    Extent &outer = shape.axes[axis];
    outer = {outer.size * inner, outer.before * inner, outer.after * inner};
    shape.axes.erase(shape.axes.begin() + int64_t(axis) + 1);
  }
}

void rewrite(proto::Tensor &tensor, const Shape &shape) {
  proto::Layout layout;
  layout.set_fill(tensor.layout().fill());
  layout.set_fill_value(tensor.layout().fill_value());
  layout.set_shared(tensor.layout().shared());
  tensor.clear_dims();
  for (const Extent &extent : shape.axes) {
    tensor.add_dims()->set_extent(extent.size);
    layout.add_before(extent.before);
    layout.add_after(extent.after);
  }
  *tensor.mutable_layout() = layout;
}

} // namespace

bool isCollapsible(const proto::Kernel &kernel) {
  static const std::set<std::string> kinds{"elementwise", "cast", "constant", "lookup"};
  for (const proto::Op &op : kernel.ops())
    if (!kinds.count(op.kind()))
      return false;
  if (!isStatic(kernel) || kernel.outputs_size() == 0)
    return false;
  const std::vector<int> order = kernelOrder(kernel);
  auto fits = [&](int position) {
    const proto::Tensor &tensor = kernel.tensors(position);
    return tensor.layout().block() == 0 && follows(tensor, order);
  };
  return std::all_of(kernel.inputs().begin(), kernel.inputs().end(), fits) &&
         std::all_of(kernel.outputs().begin(), kernel.outputs().end(), fits);
}

proto::Kernel collapsed(const proto::Kernel &kernel) {
  std::vector<Shape> shapes = shapesOf(kernel, kernelOrder(kernel));
  const size_t output = size_t(kernel.outputs(0));
  for (size_t axis = 0; axis < shapes[output].axes.size();) {
    if (shapes[output].axes.size() > 1 && canDrop(shapes, axis))
      drop(shapes, axis);
    else if (axis + 1 < shapes[output].axes.size() && canJoin(shapes, axis, Shape(shapes[output])))
      join(shapes, axis);
    else
      ++axis;
  }
  proto::Kernel result = kernel;
  for (int i = 0; i < kernel.tensors_size(); ++i)
    if (!isTable(kernel, i))
      rewrite(*result.mutable_tensors(i), shapes[size_t(i)]);
  return result;
}

} // namespace convoy::schedules
