#include "schedules/core/Graph.h"
#include "schedules/core/Registry.h"
#include "schedules/core/Schedules.h"
#include "schedules/core/emit/Guard.h"
#include "schedules/core/emit/MemoryFile.h"
#include "schedules/core/emit/PrivateTiles.h"
#include "schedules/core/emit/Scratch.h"
#include "schedules/core/emit/Targets.h"
#include "schedules/core/emit/device/Device.h"
#include "schedules/core/emit/passes/Halves.h"
#include "schedules/core/emit/passes/LookUp.h"
#include "schedules/core/emit/passes/Negative.h"
#include "schedules/core/emit/passes/Prefetch.h"
#include "schedules/core/emit/passes/Products.h"
#include "schedules/core/emit/passes/Round.h"
#include "schedules/core/emit/passes/Words.h"

using namespace Halide;

namespace convoy::schedules {

namespace {

Module lower(Graph &graph, const std::string &symbol, const Target &target) {
  std::vector<Argument> arguments;
  for (const ImageParam &input : graph.inputs)
    arguments.push_back(input);
  Pipeline pipeline(graph.outputs);
  if (target.has_gpu_feature()) {
    keepTilesPrivate(pipeline);
    halvesAsBits(pipeline);
    moveWords(pipeline);
  }
  if (target.has_feature(Target::CUDA))
    roundProducts(pipeline);
  if (graph.stream)
    prefetchWeights(pipeline, *graph.stream, graph.outputs[0].name());
  lookUpTiles(pipeline, graph.lookups, target);
  roundToHalves(pipeline, target);
  if (!target.has_gpu_feature())
    hideNegativeIndices(pipeline);
  return pipeline.compile_to_module(arguments, symbol, target);
}

CompiledKernel emit(const Module &module, const CompileOptions &options) {
  CompiledKernel compiled;
  const Scratch scratch = scratchOf(module);
  compiled.scratchBytes = scratch.taskBytes;
  compiled.serialScratchBytes = scratch.serialBytes;
  MemoryFile object, assembly, statement;
  std::map<OutputFileType, std::string> files{{OutputFileType::object, object.path()}};
  if (options.assembly)
    files[OutputFileType::assembly] = assembly.path();
  if (options.loweredStatement)
    files[OutputFileType::stmt] = statement.path();
  module.compile(files);
  compiled.object = object.contents();
  compiled.assembly = assembly.contents();
  compiled.statement = statement.contents();
  return compiled;
}

CompiledKernel emitForDevice(const Module &module, const proto::Gpu &gpu, const CompileOptions &options) {
  if (!module.target().has_feature(Target::CUDA))
    throw CompileError("kernels for OpenCL run in this process alone; objects are made for cuda");
  const int64_t scratch = checkHostSide(module);
  CompiledKernel compiled =
      emit(options.assembler.empty() ? module : withCubin(module, gpu.capability(), options.assembler), options);
  compiled.deviceScratchBytes = scratch;
  compiled.deviceCode = deviceCode(module);
  return compiled;
}

} // namespace

Result<CompiledKernel> compile(const proto::Kernel &kernel, const CompileOptions &options) {
  Result<proto::Kernel> scheduled = withSchedule(kernel);
  if (!scheduled)
    return Error{scheduled.error()};
  return guarded([&]() -> Result<CompiledKernel> {
    const proto::Schedule &schedule = scheduled->schedule();
    const Template &chosen = *registry().findTemplate(schedule.template_name());
    const proto::Kernel rewritten = chosen.rewritten(*scheduled);
    Graph graph = buildGraph(rewritten, chosen.wide());
    chosen.apply(graph, schedule);
    const std::string &symbol = kernel.debug().symbol();
    Module module = lower(graph, symbol.empty() ? "convoy_kernel" : symbol, kernelTarget(*scheduled));
    return scheduled->target().has_gpu() ? emitForDevice(module, scheduled->target().gpu(), options)
                                         : emit(module, options);
  });
}

} // namespace convoy::schedules
