#include "compiler/Frontend/Onnx/Graph.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;

namespace convoy::frontend {

StringRef nodeName(const onnx::NodeProto &node) {
  if (!node.name().empty())
    return node.name();
  for (const std::string &output : node.output())
    if (!output.empty())
      return output;
  return node.op_type();
}

void forEachRead(const onnx::NodeProto &node, llvm::function_ref<void(StringRef)> callback) {
  SmallVector<const onnx::NodeProto *> work{&node};
  SmallVector<StringRef> reads;
  llvm::StringSet<> inner; // Names that subgraphs produce themselves.
  auto addGraph = [&](const onnx::GraphProto &graph) {
    for (const onnx::ValueInfoProto &input : graph.input())
      inner.insert(input.name());
    for (const onnx::NodeProto &next : graph.node()) {
      work.push_back(&next);
      inner.insert(next.output().begin(), next.output().end());
    }
    for (const onnx::ValueInfoProto &output : graph.output())
      reads.push_back(output.name());
  };
  while (!work.empty()) {
    const onnx::NodeProto *next = work.pop_back_val();
    reads.append(next->input().begin(), next->input().end());
    for (const onnx::AttributeProto &attribute : next->attribute()) {
      if (attribute.has_g())
        addGraph(attribute.g());
      for (const onnx::GraphProto &graph : attribute.graphs())
        addGraph(graph);
    }
  }
  for (StringRef name : reads)
    if (!inner.contains(name))
      callback(name);
}

namespace {
/// Depth-first search without recursion, since the depth is up to the file.
class Sorter {
public:
  Sorter(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes,
         llvm::function_ref<Location(const onnx::NodeProto &)> locationOf)
      : nodes(nodes), locationOf(locationOf), states(nodes.size(), State::New) {
    for (int i = 0; i < nodes.size(); ++i)
      for (const std::string &output : nodes[i].output())
        if (!output.empty())
          producers.try_emplace(output, i);
  }

  LogicalResult visit(int root) {
    if (states[root] != State::New)
      return success();
    open(root);
    while (!stack.empty()) {
      Frame &frame = stack.back();
      if (frame.reads.empty()) {
        states[frame.node] = State::Done;
        order.push_back(&nodes[frame.node]);
        stack.pop_back();
        continue;
      }
      int next = frame.reads.pop_back_val();
      if (states[next] == State::Open)
        return reportCycle(next);
      if (states[next] == State::New)
        open(next);
    }
    return success();
  }

  SmallVector<const onnx::NodeProto *> order;

private:
  enum class State : uint8_t { New, Open, Done };
  struct Frame {
    int node;
    SmallVector<int, 4> reads;
  };

  void open(int node) {
    states[node] = State::Open;
    Frame frame{node, {}};
    forEachRead(nodes[node], [&](StringRef name) {
      auto producer = producers.find(name);
      if (producer != producers.end())
        frame.reads.push_back(producer->second);
    });
    std::reverse(frame.reads.begin(), frame.reads.end());
    stack.push_back(std::move(frame));
  }

  LogicalResult reportCycle(int node) {
    auto diagnostic = emitError(locationOf(nodes[node])) << "the graph has a cycle: '" << nodeName(nodes[node]) << "'";
    size_t begin = 0, shown = 0;
    while (stack[begin].node != node)
      ++begin;
    for (size_t i = stack.size(); i-- > begin && shown < 8; ++shown)
      diagnostic << " reads '" << nodeName(nodes[stack[i].node]) << "'" << (i == begin ? "" : ", which");
    return diagnostic;
  }

  const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes;
  llvm::function_ref<Location(const onnx::NodeProto &)> locationOf;
  llvm::StringMap<int> producers;
  std::vector<State> states;
  std::vector<Frame> stack;
};
} // namespace

FailureOr<SmallVector<const onnx::NodeProto *>>
sortNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes,
          llvm::function_ref<Location(const onnx::NodeProto &)> locationOf) {
  Sorter sorter(nodes, locationOf);
  for (int i = 0; i < nodes.size(); ++i)
    if (failed(sorter.visit(i)))
      return failure();
  return std::move(sorter.order);
}

} // namespace convoy::frontend
