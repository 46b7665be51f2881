#pragma once

#include "compiler/Types/Quantise/Ranges.h"
#include "compiler/Weights/WeightFile.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace convoy::compiler {

/// In which numbers a convolution or a product computes. Sums are f32, of I8 i32.
enum class ComputeType { F32, BF16, I8 };

/// What the flag --dtype asks for: one type for all layers, or of each the fastest within an error budget.
enum class TypeChoice { F32, BF16, I8, Auto };

std::optional<TypeChoice> typeChoiceNamed(llvm::StringRef name);
llvm::StringRef nameOf(TypeChoice choice);

/// The types of a network's layers: convolutions and products, named as `layerName` says.
struct LayerTypes {
  ComputeType common = ComputeType::F32;
  llvm::StringMap<ComputeType> layers; ///< Those that differ from `common`.

  ComputeType of(mlir::Operation *layer) const;
};

/// The name of the user's layer by which `LayerTypes` knows an op: of the first location that has one.
std::string layerName(mlir::Operation *op);

/// Whether the op is one that has a type to choose: a convolution or a product of f32.
bool isLayer(mlir::Operation *op);

/// What quantisation needs to know of the values of a network.
class Calibration;

// Both take a network as the phase `network` leaves it and convert the layers of their type alone: a network of several
// types is one call of each. What other layers compute stays.

/// Weights and activations of these layers are cast to bf16 and back.
mlir::LogicalResult convertToBf16(mlir::ModuleOp module, const LayerTypes &types);

/// Quantises these layers: cnn.quantize and cnn.dequantize around activations, weights of i8 behind cnn.dequantize.
mlir::LogicalResult quantise(mlir::ModuleOp module, const LayerTypes &types, const Calibration &calibration);

class NetworkRunner;
class NetworkTimer;
struct TypeReport;

/// How I8 and Auto learn what values layers have.
struct CalibrationRequest {
  std::shared_ptr<NetworkRunner> runner; ///< Of the user's samples; null: there are none.
  RangeMethod method = RangeMethod::Mse;
  bool correctsBias = true;
  std::vector<std::string>
      keepF32; ///< Of BF16, too: patterns (`*`, `?`, `[a-z]`) of names of layers that stay as they are.

  std::shared_ptr<NetworkTimer> timer;  ///< For Auto.
  double errorBudget = 0.05;            ///< Of Auto: the largest `NetworkErrors::results`.
  std::shared_ptr<NetworkRunner> judge; ///< Of samples by which a report gives errors; null: it gives none.
};

struct TypesOptions {
  TypeChoice choice = TypeChoice::F32;
  CalibrationRequest calibration;
  const weights::WeightFile *weights = nullptr; ///< Null if the network has none.
  std::string target = "host";
  TypeReport *report = nullptr; ///< What becomes known of the layers; null: it isn't wanted.
};

/// The last step of the phase `network`: gives layers the types that are asked for. What can't be is a diagnostic.
mlir::LogicalResult applyTypes(mlir::ModuleOp module, const TypesOptions &options);

} // namespace convoy::compiler
