#ifndef CONVOY_COMPILER_KERNELS_PASSES
#define CONVOY_COMPILER_KERNELS_PASSES

include "mlir/Pass/PassBase.td"

def FuseQuantised : Pass<"convoy-kernels-fuse-quantised", "::mlir::ModuleOp"> {
  let summary = "Compute quantised networks in integers";
  let description = [{
    A convolution or a product with a weight, of dequantised numbers, becomes one of integers: sums in i32, with the
    zero point of the input in the bias and in the padding, and requantize where a quantize follows (through bounds and
    the addition of a bias), else dequantize. The same for i32 products of centred 8-bit numbers. Movement and maxima
    work on the quantised numbers, means on their sums. Everything else stays: dequantize, floats, quantize, in one
    kernel. Weights must be symmetric (zero point 0 of i8, 128 of ui8), scales one per tensor or output channel.
    What is left between one tensor of bytes and another, element by element, becomes a gather from a table.
  }];
  let dependentDialects = ["::convoy::cnn::CnnDialect"];
  let options = [Option<"tables", "tables", "bool", "true", "make tables of functions between bytes (not for GPUs)">];
}

def FuseHalves : Pass<"convoy-kernels-fuse-halves", "::mlir::ModuleOp"> {
  let summary = "Let ops read numbers of 16 bits where they were widened to 32 for them";
  let description = [{
    A convolution or a product of what was cast from bf16 to f32 reads bf16, with its sums in f32; views move bf16. Other
    readers get a cast of their own, which joins their kernel: what is stored stays narrow.
  }];
  let dependentDialects = ["::convoy::cnn::CnnDialect"];
}

def FormKernels : Pass<"convoy-kernels-form", "::mlir::ModuleOp"> {
  let summary = "Outline fused groups of cnn ops into kernel.func";
  let description = [{
    Each convolution, matmul, pool, reduction, ... anchors a kernel; elementwise ops join the kernel of an operand
    that nobody else reads and that has their shape, elementwise chains in front of a reduction join it. Reshapes,
    transposes, slices and concats stay in the network: they become views. Ops on weights alone stay too: they
    belong to `prepare`. Convolutions around a depthwise one become one kernel with it where the cost model of schedules/
    expects that to be faster on the target; its anchor is the last of them.
  }];
  let dependentDialects = ["::convoy::cnn::CnnDialect", "::convoy::kernel::KernelDialect"];
  let options = [
    Option<"target", "target", "std::string", "\"host\"", "host, cuda, cuda-sm_NN or a Halide target string">];
}

def AssignLayouts : Pass<"convoy-kernels-assign-layouts", "::mlir::ModuleOp"> {
  let summary = "Give every tensor of the network its layout";
  let description = [{
    Images lie channels-last with channels rounded up to a vector and the halo that their convolutions read; a
    concat's operands lie inside its result; transposes, slices and reshapes are views. Where a reader needs another
    layout than the writer gives, a kernel of `cnn.relayout` stands between them.
  }];
  let dependentDialects = ["::convoy::cnn::CnnDialect", "::convoy::kernel::KernelDialect"];
  let options = [
    Option<"vectorElements", "vector-elements", "int64_t", "16", "elements of a vector register">,
    Option<"halos", "halos", "bool", "true", "allocate around images what their convolutions read (not for GPUs)">];
}

def DeduplicateKernels : Pass<"convoy-kernels-deduplicate", "::mlir::ModuleOp"> {
  let summary = "Let identical layers share one kernel.func";
  let description = [{
    Kernels are equal if their canonical forms are: names, locations and the values of weights don't count. Calls of
    all of them then name the first.
  }];
}

def ChooseSchedules : Pass<"convoy-kernels-choose-schedules", "::mlir::ModuleOp"> {
  let summary = "Attach to each kernel.func the best schedule, and lay out weights as it wants them";
  let description = [{
    The cost model of schedules/ ranks templates and knobs for the target. Where the chosen template wants an operand that
    depends on weights alone in another layout, a cnn.relayout brings it there, to be computed once. The weights of a
    convolution that an elementwise kernel computes for it alone are written in that layout, blocks side by side.
  }];
  let dependentDialects = ["::convoy::cnn::CnnDialect", "::convoy::kernel::KernelDialect"];
  let options = [
    Option<"target", "target", "std::string", "\"host\"", "host, cuda, cuda-sm_NN or a Halide target string">,
    Option<"winograd", "winograd", "int64_t", "4", "largest F(m, 3) that 3x3 convolutions may use: 0, 2 or 4">];
}

def HoistPrepare : Pass<"convoy-kernels-hoist-prepare", "::mlir::ModuleOp"> {
  let summary = "Move what depends on weights alone into kernel.prepare";
  let description = [{
    Weights, and ops on nothing but weights and constants, move into the region of one kernel.prepare at the head of
    the network; its results are what calls read. The phase `plan` evaluates it. Index arithmetic that feeds shapes stays.
  }];
  let dependentDialects = ["::convoy::kernel::KernelDialect"];
}

#endif
