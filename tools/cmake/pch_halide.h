#include <Halide.h>

#include <map>
#include <memory>
#include <string>
#include <vector>
