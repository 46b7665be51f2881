# Language, warnings, optimisation, and where things are put.
option(CONVOY_SANITIZE "Build with the address and undefined-behaviour sanitizers" OFF)
option(CONVOY_STRICT "A listed source that does not exist is an error" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set_property(GLOBAL PROPERTY USE_FOLDERS ON)

# The compiler's own speed is Halide's and LLVM's, so its sources are built for short builds; ConvoyTargets raises the
# runtime to -O2. Assertions stay in.
set(CMAKE_CXX_FLAGS_RELEASE "-O1" CACHE STRING "" FORCE)
set(CMAKE_C_FLAGS_RELEASE "-O1" CACHE STRING "" FORCE)

# One position-independent form for libraries and programs, so that they can share precompiled headers.
add_compile_options(-fPIC -fdiagnostics-color=auto)
if(CONVOY_SANITIZE)
  add_compile_options(-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize=vptr,function -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined)
endif()
add_link_options(-fuse-ld=lld)

find_program(CONVOY_CCACHE ccache)
if(CONVOY_CCACHE)
  # Another clone finds the same objects: paths below the repository are hashed relative to it.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
               CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1
               ${CONVOY_CCACHE})
  # CMake would also name the header that the precompiled one stands for, by a path that the cache does not make relative.
  set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Winvalid-pch -Xclang -include-pch -Xclang <PCH_FILE>)
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
