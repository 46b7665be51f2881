// Structural folds: what needs no arithmetic on values.
#include "dialects/cnn/Cnn.h"

using namespace mlir;
using namespace convoy::cnn;

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }
