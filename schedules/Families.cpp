#include "schedules/block/Templates.h"
#include "schedules/conv/Templates.h"
#include "schedules/core/Registry.h"
#include "schedules/depthwise/Templates.h"
#include "schedules/elementwise/Elementwise.h"
#include "schedules/gpu/Templates.h"
#include "schedules/gpu/conv/Templates.h"
#include "schedules/matmul/Templates.h"
#include "schedules/move/Move.h"
#include "schedules/pool/Pool.h"
#include "schedules/reduce/Reduce.h"
#include "schedules/resize/Resize.h"
#include "schedules/softmax/Softmax.h"
#include "schedules/winograd/Templates.h"

namespace convoy::schedules {

void registerFamilies(Registry &registry) {
  registerConv(registry);
  registerDepthwise(registry);
  registerBlock(registry);
  registerWinogradStrips(registry);
  registerWinogradBlocks(registry);
  registerMatmul(registry);
  registerElementwise(registry);
  registerLookup(registry);
  registerMove(registry);
  registerPool(registry);
  registerReduce(registry);
  registerResize(registry);
  registerSoftmax(registry);
  registerStream(registry);
  registerGpu(registry);
  registerGpuProducts(registry);
  registerPlain(registry);
}

} // namespace convoy::schedules
