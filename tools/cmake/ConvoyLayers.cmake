# Which layer may include what (the table of README.md). A layer is a top folder of the repository. Each gets an include
# root of its own, build/include/LAYER, which holds a link LAYER to the folder; build/generated/LAYER is the same for
# generated headers. A target sees the roots of its layer's arrows and no others, so a wrong arrow does not compile.
set(CONVOY_ARROWS_dialects dialects)
set(CONVOY_ARROWS_schedules schedules)
set(CONVOY_ARROWS_compiler compiler dialects schedules runtime_faces)
set(CONVOY_ARROWS_runtime runtime runtime_faces)
set(CONVOY_ARROWS_tools tools compiler dialects schedules runtime runtime_faces)
set(CONVOY_ARROWS_test test tools compiler dialects schedules runtime runtime_faces)

foreach(layer dialects schedules compiler runtime tools test)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include/${layer} ${PROJECT_BINARY_DIR}/generated/${layer}/${layer})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${layer} ${PROJECT_BINARY_DIR}/include/${layer}/${layer} SYMBOLIC)
endforeach()

# What the rest of the world may see of the runtime: the ABI and runtime headers, the functions that modules call by name
# (the reference evaluator calls them too), and those functions as an embedded object.
set(CONVOY_FACES convoy_ops convoy_ops_object)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include/runtime_faces/runtime/ops)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/runtime/core/include/convoy
     ${PROJECT_BINARY_DIR}/include/runtime_faces/convoy SYMBOLIC)
foreach(header object.h ops.h entry.h)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/runtime/ops/${header}
       ${PROJECT_BINARY_DIR}/include/runtime_faces/runtime/ops/${header} SYMBOLIC)
endforeach()

# External packages of a layer, as interface libraries, with the language rules that go with them.
add_library(convoy_uses_llvm INTERFACE)
target_include_directories(convoy_uses_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
separate_arguments(llvm_definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_options(convoy_uses_llvm INTERFACE ${llvm_definitions})
target_link_libraries(convoy_uses_llvm INTERFACE MLIR LLVM)

add_library(convoy_uses_halide INTERFACE)
target_link_libraries(convoy_uses_halide INTERFACE Halide::Halide)

set(CONVOY_USES_dialects convoy_uses_llvm)
set(CONVOY_USES_schedules convoy_uses_halide protobuf::libprotobuf)
set(CONVOY_USES_compiler convoy_uses_llvm protobuf::libprotobuf)
set(CONVOY_USES_runtime)
set(CONVOY_USES_tools convoy_uses_llvm protobuf::libprotobuf)

# Halide throws; so do CLI11 and GoogleTest's death paths. The rest is built without exceptions, as LLVM is.
set(CONVOY_EXCEPTIONS_schedules ON)
set(CONVOY_EXCEPTIONS_tools ON)

# One precompiled header for each of the two big libraries.
foreach(pch llvm halide)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/pch/${pch}.cpp CONTENT "// Carries a precompiled header.\n")
  add_library(convoy_pch_${pch} OBJECT ${PROJECT_BINARY_DIR}/pch/${pch}.cpp)
  target_precompile_headers(convoy_pch_${pch} PRIVATE ${PROJECT_SOURCE_DIR}/tools/cmake/pch_${pch}.h)
  target_compile_options(convoy_pch_${pch} PRIVATE -Xclang -fno-pch-timestamp)
  # A precompiled header holds absolute paths: it is not cached, and the cache tells it by this text instead of its bytes.
  set_target_properties(convoy_pch_${pch} PROPERTIES CXX_COMPILER_LAUNCHER "")
  file(SHA256 ${PROJECT_SOURCE_DIR}/tools/cmake/pch_${pch}.h headers)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/CMakeFiles/convoy_pch_${pch}.dir/cmake_pch.hxx.pch.sum
       CONTENT "${headers} ${CMAKE_CXX_COMPILER_VERSION} ${LLVM_PACKAGE_VERSION} ${Halide_VERSION} ${CMAKE_CXX_FLAGS_RELEASE} ${CONVOY_SANITIZE}\n")
endforeach()
target_link_libraries(convoy_pch_llvm PRIVATE convoy_uses_llvm)
target_compile_options(convoy_pch_llvm PRIVATE -fno-exceptions)
target_link_libraries(convoy_pch_halide PRIVATE convoy_uses_halide)
set(CONVOY_PCH_dialects convoy_pch_llvm)
set(CONVOY_PCH_compiler convoy_pch_llvm)
set(CONVOY_PCH_schedules convoy_pch_halide)
