#include "compiler/Kernels/KernelWriter.h"

#include "compiler/Weights/DataTypes.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace convoy::compiler {

proto::Layout writeLayout(Type type) {
  proto::Layout layout;
  auto attribute = dyn_cast_or_null<cnn::LayoutAttr>(cast<RankedTensorType>(type).getEncoding());
  if (!attribute)
    return layout;
  layout.mutable_order()->Assign(attribute.getOrder().begin(), attribute.getOrder().end());
  layout.set_block_dim(static_cast<int32_t>(attribute.getBlockDim()));
  layout.set_block(attribute.getBlock());
  layout.mutable_before()->Assign(attribute.getBefore().begin(), attribute.getBefore().end());
  layout.mutable_after()->Assign(attribute.getAfter().begin(), attribute.getAfter().end());
  layout.set_fill(static_cast<proto::Layout::Fill>(attribute.getFill()));
  layout.set_shared(attribute.getShared());
  layout.set_fill_value(attribute.getFillValue());
  return layout;
}

Attribute readLayout(MLIRContext *context, const proto::Layout &layout) {
  if (proto::Layout().SerializeAsString() == layout.SerializeAsString())
    return {};
  SmallVector<int64_t> order(layout.order().begin(), layout.order().end());
  SmallVector<int64_t> before(layout.before().begin(), layout.before().end());
  SmallVector<int64_t> after(layout.after().begin(), layout.after().end());
  return cnn::LayoutAttr::get(context, order, layout.block_dim(), layout.block(), before, after,
                              static_cast<cnn::Fill>(layout.fill()), layout.shared(), layout.fill_value());
}

kernel::ScheduleAttr readSchedule(MLIRContext *context, const proto::Schedule &schedule) {
  Builder builder(context);
  SmallVector<NamedAttribute> knobs;
  for (const auto &[name, value] : schedule.knobs())
    knobs.push_back(builder.getNamedAttr(name, builder.getI64IntegerAttr(value)));
  return kernel::ScheduleAttr::get(context, schedule.template_name(), builder.getDictionaryAttr(knobs));
}

bool isQuantisation(Operation *op) { return isa<cnn::QuantizeOp, cnn::DequantizeOp, cnn::RequantizeOp>(op); }

bool feedsShape(OpOperand &operand) {
  unsigned position = operand.getOperandNumber();
  return TypeSwitch<Operation *, bool>(operand.getOwner())
      .Case<cnn::ReshapeOp, cnn::ExpandOp, cnn::ResizeOp>([&](auto) { return position == 1; })
      .Case<cnn::SliceOp>([&](auto) { return position == 1 || position == 2; })
      .Case<cnn::PadOp>([&](auto) { return position == 1; })
      .Case<cnn::DimOp>([](auto) { return true; })
      .Default(false);
}

namespace {

/// Writes one kernel: numbers tensors, symbols and ops as they appear.
class Writer {
public:
  Writer(const KernelSource &source, const cnn::ShapeAnalysis &facts) : source(source), facts(facts) {}

  FailureOr<proto::Kernel> write(const proto::Target &target) {
    *kernel.mutable_target() = target;
    for (Value input : source.inputs) {
      FailureOr<int32_t> tensor = tensorOf(input);
      if (failed(tensor))
        return failure();
      kernel.add_inputs(*tensor);
    }
    kernel.set_anchor(source.anchor);
    for (auto [position, op] : llvm::enumerate(source.ops)) {
      if (static_cast<int>(position) == source.anchor)
        kernel.set_anchor(kernel.ops_size());
      if (failed(isLookup(op) && isInside(indexOf(op)) ? writeLookup(op) : isOnlyIndex(op) ? success() : writeOp(op)))
        return failure();
    }
    for (Value output : source.outputs)
      kernel.add_outputs(tensors.lookup(output));
    return std::move(kernel);
  }

private:
  FailureOr<int32_t> tensorOf(Value value) {
    if (auto known = tensors.find(value); known != tensors.end())
      return known->second;
    auto type = cast<RankedTensorType>(value.getType());
    proto::Tensor *tensor = kernel.add_tensors();
    tensor->set_type(weights::dataTypeOf(type.getElementType()));
    if (tensor->type() == proto::DATA_TYPE_UNSPECIFIED) {
      emitError(value.getLoc()) << "element type " << type.getElementType() << " has no form in kernels";
      return failure();
    }
    for (AffineExpr dim : facts.dims(value))
      writeDim(dim, *tensor->add_dims());
    *tensor->mutable_layout() = writeLayout(type);
    int32_t position = kernel.tensors_size() - 1;
    tensors[value] = position;
    return position;
  }

  void writeDim(AffineExpr expression, proto::Dim &dim) {
    if (std::optional<int64_t> extent = cnn::constantOf(expression)) {
      dim.set_extent(*extent);
      return;
    }
    // An extent that depends on data equals no other.
    if (!expression) {
      dim.set_symbol(++lastSymbol);
      return;
    }
    auto [entry, isNew] = symbols.try_emplace(expression, lastSymbol + 1);
    lastSymbol += isNew ? 1 : 0;
    dim.set_symbol(entry->second);
  }

  bool isInside(Operation *op) const { return llvm::is_contained(source.ops, op); }
  static Operation *indexOf(Operation *lookup) { return cast<cnn::GatherOp>(lookup).getIndices().getDefiningOp(); }

  /// Whether the op widens bytes for lookups alone.
  bool isOnlyIndex(Operation *op) const {
    return isa<cnn::CastOp>(op) && llvm::all_of(op->getUsers(), [&](Operation *user) {
             return isLookup(user) && indexOf(user) == op && isInside(user);
           });
  }

  LogicalResult writeLookup(Operation *op) {
    proto::Op &out = *kernel.add_ops();
    out.set_kind("lookup");
    Value table = cast<cnn::GatherOp>(op).getInput();
    for (Value value : {indexOf(op)->getOperand(0), table, Value(op->getResult(0))}) {
      FailureOr<int32_t> tensor = tensorOf(value);
      if (failed(tensor))
        return failure();
      value == op->getResult(0) ? out.add_outputs(*tensor) : out.add_inputs(*tensor);
    }
    return success();
  }

  LogicalResult writeOp(Operation *op) {
    proto::Op &out = *kernel.add_ops();
    out.set_kind(op->getName().stripDialect().str());
    if (isQuantisation(op)) { // To schedules, elementwise functions like any other.
      (*out.mutable_attributes())["function"].set_text(out.kind());
      out.set_kind("elementwise");
    }
    for (OpOperand &operand : op->getOpOperands()) {
      FailureOr<int32_t> tensor = feedsShape(operand) ? FailureOr<int32_t>(-1) : tensorOf(operand.get());
      if (failed(tensor))
        return failure();
      out.add_inputs(*tensor);
    }
    for (Value result : op->getResults()) {
      FailureOr<int32_t> tensor = tensorOf(result);
      if (failed(tensor))
        return failure();
      out.add_outputs(*tensor);
    }
    for (NamedAttribute attribute : op->getAttrs())
      if (failed(writeAttribute(op, attribute, out)))
        return failure();
    return writeDerived(op, out);
  }

  LogicalResult writeAttribute(Operation *op, NamedAttribute attribute, proto::Op &out) {
    proto::Value value;
    if (isAbsent(attribute))
      return success();
    if (std::optional<StringRef> keyword = keywordOf(op, attribute)) {
      value.set_text(keyword->str());
      (*out.mutable_attributes())[attribute.getName().str()] = value;
      return success();
    }
    bool known = TypeSwitch<Attribute, bool>(attribute.getValue())
                     .Case<BoolAttr>([&](auto flag) { return value.add_ints(flag.getValue()), true; })
                     .Case<IntegerAttr>([&](auto number) { return value.add_ints(number.getInt()), true; })
                     .Case<FloatAttr>([&](auto number) { return value.add_floats(number.getValueAsDouble()), true; })
                     .Case<StringAttr>([&](auto text) { return value.set_text(text.getValue().str()), true; })
                     .Case<DenseI64ArrayAttr>([&](auto list) {
                       value.mutable_ints()->Assign(list.asArrayRef().begin(), list.asArrayRef().end());
                       return true;
                     })
                     .Case<DenseF64ArrayAttr>([&](auto list) {
                       value.mutable_floats()->Assign(list.asArrayRef().begin(), list.asArrayRef().end());
                       return true;
                     })
                     .Case<ElementsAttr>([&](ElementsAttr elements) { return writeElements(elements, value), true; })
                     .Default(false);
    if (!known)
      return op->emitError() << "attribute " << attribute.getName() << " has no form in kernels";
    (*out.mutable_attributes())[attribute.getName().str()] = value;
    return success();
  }

  /// What only quantised networks have is left out elsewhere.
  static bool isAbsent(NamedAttribute attribute) {
    auto number = dyn_cast<IntegerAttr>(attribute.getValue());
    return number && number.getValue().isZero() &&
           (attribute.getName() == "pad_value" || attribute.getName() == "narrow_sum");
  }

  /// The keyword of an enumeration. In the IR they are 32-bit integers, whose classes can't be told apart: the op and
  /// the attribute's name say which one it is.
  static std::optional<StringRef> keywordOf(Operation *op, NamedAttribute attribute) {
    StringRef name = attribute.getName();
    return TypeSwitch<Operation *, std::optional<StringRef>>(op)
        .Case<cnn::PoolOp, cnn::ReduceOp, cnn::GatherOp, cnn::ScatterOp>([&](auto typed) {
          return name == "kind" ? std::optional<StringRef>(stringifyEnum(typed.getKind())) : std::nullopt;
        })
        .Case<cnn::PadOp>([&](cnn::PadOp pad) {
          return name == "mode" ? std::optional<StringRef>(stringifyEnum(pad.getMode())) : std::nullopt;
        })
        .Case<cnn::ResizeOp>([&](cnn::ResizeOp resize) {
          if (name == "mode")
            return std::optional<StringRef>(stringifyEnum(resize.getMode()));
          if (name == "coordinates")
            return std::optional<StringRef>(stringifyEnum(resize.getCoordinates()));
          return name == "nearest" ? std::optional<StringRef>(stringifyEnum(resize.getNearest())) : std::nullopt;
        })
        .Default(std::nullopt);
  }

  static void writeElements(ElementsAttr elements, proto::Value &value) {
    if (isa<FloatType>(elements.getElementType())) {
      for (const APFloat &element : elements.getValues<APFloat>()) {
        APFloat wide = element;
        bool lossy = false;
        wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lossy);
        value.add_floats(wide.convertToDouble());
      }
      return;
    }
    bool isUnsigned = elements.getElementType().isUnsignedInteger() || elements.getElementType().isInteger(1);
    for (const APInt &element : elements.getValues<APInt>())
      value.add_floats(isUnsigned ? static_cast<double>(element.getZExtValue())
                                  : static_cast<double>(element.getSExtValue()));
  }

  /// Attributes that stand for operands which only feed shapes.
  LogicalResult writeDerived(Operation *op, proto::Op &out) {
    if (auto slice = dyn_cast<cnn::SliceOp>(op))
      return writeStarts(slice, out);
    auto pad = dyn_cast<cnn::PadOp>(op);
    if (!pad)
      return success();
    auto pads = facts.elements(pad.getPads());
    proto::Value &value = (*out.mutable_attributes())["pads"];
    for (AffineExpr expression : pads.value_or(ArrayRef<AffineExpr>())) {
      std::optional<int64_t> number = cnn::constantOf(expression);
      if (!number)
        return op->emitError("pads that depend on a symbolic extent are not supported");
      value.add_ints(*number);
    }
    if (auto constant = pad.getValue() ? pad.getValue().getDefiningOp<cnn::ConstantOp>() : cnn::ConstantOp())
      writeElements(constant.getValue(), (*out.mutable_attributes())["value"]);
    return pads ? success() : LogicalResult(op->emitError("pads are not known when the network is compiled"));
  }

  /// First element taken along each axis, counted from the beginning.
  LogicalResult writeStarts(cnn::SliceOp slice, proto::Op &out) {
    auto starts = facts.elements(slice.getStarts());
    if (!starts)
      return slice.emitError("slice_c3: starts are not known when the network is compiled");
    proto::Value &value = (*out.mutable_attributes())["starts"];
    for (auto [axis, step, start] : llvm::zip(slice.getAxes(), slice.getSteps(), *starts)) {
      std::optional<int64_t> number = cnn::constantOf(start);
      std::optional<int64_t> extent = cnn::constantOf(facts.dims(slice.getInput())[axis]);
      if (!number || (!extent && (*number < 0 || step < 0)))
        return slice.emitError("a slice that starts at a symbolic position is not supported");
      int64_t first = *number < 0 ? *number + *extent : *number;
      if (extent)
        first = std::clamp<int64_t>(first, 0, step > 0 ? *extent : *extent - 1);
      value.add_ints(first);
    }
    return success();
  }

  const KernelSource &source;
  const cnn::ShapeAnalysis &facts;
  proto::Kernel kernel;
  DenseMap<Value, int32_t> tensors;
  DenseMap<AffineExpr, int32_t> symbols;
  int32_t lastSymbol = 0;
};

} // namespace

FailureOr<proto::Kernel> writeKernel(const KernelSource &source, const cnn::ShapeAnalysis &facts,
                                     const proto::Target &target) {
  return Writer(source, facts).write(target);
}

bool feedsOnlyShapes(Value value) { return !value.use_empty() && llvm::all_of(value.getUses(), feedsShape); }

/// What the caller knew of an argument: affine maps of the symbols that all arguments share.
static cnn::Facts factsOfArgument(kernel::FuncOp func, BlockArgument argument, const cnn::ShapeAnalysis &analysis) {
  cnn::Facts facts;
  unsigned position = argument.getArgNumber();
  if (auto dims = func.getArgAttrOfType<AffineMapAttr>(position, "kernel.dims"))
    facts.dims.assign(dims.getValue().getResults().begin(), dims.getValue().getResults().end());
  else
    for (int64_t extent : cast<RankedTensorType>(argument.getType()).getShape())
      facts.dims.push_back(ShapedType::isDynamic(extent) ? AffineExpr() : analysis.constant(extent));
  if (auto elements = func.getArgAttrOfType<AffineMapAttr>(position, "kernel.elements"))
    facts.elements.emplace(elements.getValue().getResults().begin(), elements.getValue().getResults().end());
  return facts;
}

LogicalResult analyzeKernel(kernel::FuncOp func, cnn::ShapeAnalysis &analysis) {
  Block &body = func.getBody().front();
  for (BlockArgument argument : body.getArguments())
    analysis.setFacts(argument, factsOfArgument(func, argument, analysis));
  for (Operation &op : body.without_terminator())
    if (failed(analysis.visit(&op)))
      return failure();
  return success();
}

FailureOr<proto::Kernel> writeKernel(kernel::FuncOp func, const proto::Target &target) {
  cnn::ShapeAnalysis analysis(func.getContext());
  if (failed(analyzeKernel(func, analysis)))
    return failure();
  Block &body = func.getBody().front();
  SmallVector<Operation *> ops;
  SmallVector<Value> inputs, outputs(body.getTerminator()->getOperands());
  int anchor = -1;
  for (auto [position, op] : llvm::enumerate(body.without_terminator())) {
    if (llvm::all_of(op.getResults(), feedsOnlyShapes))
      continue;
    if (static_cast<int64_t>(position) == static_cast<int64_t>(func.getAnchor()))
      anchor = static_cast<int>(ops.size());
    ops.push_back(&op);
  }
  for (BlockArgument argument : body.getArguments())
    if (!feedsOnlyShapes(argument))
      inputs.push_back(argument);
  FailureOr<proto::Kernel> kernel = writeKernel({ops, inputs, outputs, anchor}, analysis, target);
  if (failed(kernel) || !func.getSchedule())
    return kernel;
  proto::Schedule &schedule = *kernel->mutable_schedule();
  schedule.set_template_name(func.getSchedule()->getTemplateName().str());
  for (NamedAttribute knob : func.getSchedule()->getKnobs())
    (*schedule.mutable_knobs())[knob.getName().str()] = cast<IntegerAttr>(knob.getValue()).getInt();
  return kernel;
}

} // namespace convoy::compiler
