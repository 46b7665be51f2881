#pragma once

#include "compiler/Kernels/Layout/Layouts.h"
#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"

namespace convoy::compiler {

/// The op that names the family of the callee; null for elementwise chains.
mlir::Operation *anchorOf(kernel::FuncOp func);

/// The op whose first operand is the image that the callee reads: the first convolution of a chain, else the anchor.
mlir::Operation *imageReaderOf(kernel::FuncOp func);

/// What convolutions read around an image, per logical dimension: zeros, or a quantised image's zero point.
struct Halo {
  llvm::SmallVector<int64_t> before, after;
  int64_t value = 0;
  cnn::Fill fill() const { return value == 0 ? cnn::Fill::Zero : cnn::Fill::Value; }
  /// Whether the surroundings of that layout hold it.
  bool isFilledBy(const LayoutData &layout) const { return layout.fill == fill() && layout.fillValue == value; }
  bool empty() const;
  void join(const Halo &other);
};

/// What layouts are for.
struct LayoutOptions {
  int64_t vectorElements = 16; ///< Of a vector register.
  bool halos = true;           ///< Whether what convolutions read around an image is allocated around it.
};

/// Decides the layout that each value of the network gets where it is written, before any type is changed.
class LayoutPlan {
public:
  LayoutPlan(mlir::Block &body, mlir::SymbolTable &symbols, const cnn::ShapeAnalysis &facts,
             const LayoutOptions &options);

  /// Layout of a value that a kernel writes (or of a concat's result).
  LayoutData written(mlir::Value value) const;
  /// Layout that operand `operand` of concat `concat` must have.
  LayoutData insideConcat(cnn::ConcatOp concat, unsigned operand) const;
  /// Whether the value lies inside the result of that concat already.
  bool isPlacedIn(mlir::Value value, cnn::ConcatOp concat) const;

  /// What must lie around its input for this convolution kernel; empty for other kernels, or without halos.
  Halo haloOf(kernel::FuncOp func) const;
  kernel::FuncOp calleeOf(kernel::CallOp call) const;
  /// Elements behind that many channels, so that a pixel is whole vectors; 0 if they are too few to be padded. Few
  /// bytes are rounded up to fours: their products are summed so.
  int64_t paddingOf(int64_t channels, mlir::Type type) const;

private:
  struct Place {
    mlir::Value parent;
    int64_t axis = 0, offset = 0;
  };

  void findOrders(mlir::Block &body);
  LayoutData orderOfCall(kernel::CallOp call) const;
  LayoutData orderOf(mlir::Value value) const;
  void findHalos(mlir::Block &body);
  void placeConcats(mlir::Block &body);
  void placeConcat(cnn::ConcatOp concat);
  std::optional<Place> commonPlace(cnn::ConcatOp concat) const;
  bool isPlaceable(mlir::Value value, cnn::ConcatOp concat) const;
  LayoutData inside(const LayoutData &parent, mlir::Value parentValue, int64_t axis, int64_t offset,
                    int64_t extent) const;
  int64_t extentOf(mlir::Value value, int64_t axis) const;
  bool isCutUp(mlir::Value value, const LayoutData &dense, const LayoutData &padded) const;

  mlir::SymbolTable &symbols;
  const cnn::ShapeAnalysis &facts;
  LayoutOptions options;
  llvm::DenseMap<mlir::Value, LayoutData> orders;
  llvm::DenseMap<mlir::Value, Halo> halos;
  llvm::DenseMap<mlir::Value, Place> places;
};

} // namespace convoy::compiler
