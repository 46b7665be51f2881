# Code that is generated from TableGen and Protocol Buffers, under build/generated/LAYER, by the path of its source.

# Declares that every target depends on the generated files of `name`.
function(convoy_generated name)
  set_property(GLOBAL APPEND PROPERTY CONVOY_GENERATED ${name})
endfunction()

# C++ of the message file `proto` (relative to the repository root) as library `name`.
function(convoy_protobuf name layer proto)
  cmake_parse_arguments(arg "" "" "LINKS" ${ARGN})
  set(out ${PROJECT_BINARY_DIR}/generated/${layer})
  string(REGEX REPLACE "\\.proto$" "" stem ${proto})
  add_custom_command(
    OUTPUT ${out}/${stem}.pb.cc ${out}/${stem}.pb.h
    COMMAND protobuf::protoc -I${PROJECT_SOURCE_DIR} --cpp_out=${out} ${PROJECT_SOURCE_DIR}/${proto}
    DEPENDS ${PROJECT_SOURCE_DIR}/${proto}
    VERBATIM)
  add_library(${name} STATIC ${out}/${stem}.pb.cc)
  target_include_directories(${name} SYSTEM PUBLIC ${PROJECT_BINARY_DIR}/generated/schedules ${out})
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf ${arg_LINKS})
endfunction()

# One file by mlir-tblgen: generated/LAYER/PATH. Usage: convoy_tablegen(LAYER td OUTPUT flags...), collected under
# `name` by convoy_tablegen_target.
function(convoy_tablegen layer td output)
  set(file ${PROJECT_BINARY_DIR}/generated/${layer}/${output})
  get_filename_component(folder ${file} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(
    OUTPUT ${file}
    COMMAND ${MLIR_TABLEGEN_EXE} ${ARGN} -I${MLIR_INCLUDE_DIRS} -I${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/${td}
            --write-if-changed -o ${file} -d ${file}.d
    DEPENDS ${PROJECT_SOURCE_DIR}/${td}
    DEPFILE ${file}.d
    VERBATIM)
  set(CONVOY_TABLEGEN_FILES ${CONVOY_TABLEGEN_FILES} ${file} PARENT_SCOPE)
endfunction()

macro(convoy_tablegen_target name)
  add_custom_target(${name} DEPENDS ${CONVOY_TABLEGEN_FILES})
  set(CONVOY_TABLEGEN_FILES)
  convoy_generated(${name})
endmacro()

# Declarations and definitions of passes: LAYER path/to/Passes.td -> path/to/Passes.h.inc.
macro(convoy_tablegen_passes name layer td prefix)
  string(REGEX REPLACE "\\.td$" "" stem ${td})
  convoy_tablegen(${layer} ${td} ${stem}.h.inc -gen-pass-decls -name=${prefix})
  convoy_tablegen_target(${name})
endmacro()

# A dialect: FOLDER/{Name}{Dialect,Ops,Attributes}.{h,cpp}.inc from FOLDER/{Name}Ops.td; with ENUMS {Name}Enums too;
# with INTERFACES {Name}Interfaces from {Name}Interfaces.td.
macro(convoy_tablegen_dialect name mnemonic folder)
  cmake_parse_arguments(arg "ENUMS;INTERFACES" "" "" ${ARGN})
  set(td ${folder}/${name}Ops.td)
  convoy_tablegen(dialects ${td} ${folder}/${name}Dialect.h.inc -gen-dialect-decls -dialect=${mnemonic})
  convoy_tablegen(dialects ${td} ${folder}/${name}Dialect.cpp.inc -gen-dialect-defs -dialect=${mnemonic})
  convoy_tablegen(dialects ${td} ${folder}/${name}Ops.h.inc -gen-op-decls -dialect=${mnemonic})
  convoy_tablegen(dialects ${td} ${folder}/${name}Ops.cpp.inc -gen-op-defs -dialect=${mnemonic})
  convoy_tablegen(dialects ${td} ${folder}/${name}Attributes.h.inc -gen-attrdef-decls -attrdefs-dialect=${mnemonic})
  convoy_tablegen(dialects ${td} ${folder}/${name}Attributes.cpp.inc -gen-attrdef-defs -attrdefs-dialect=${mnemonic})
  if(arg_ENUMS)
    convoy_tablegen(dialects ${td} ${folder}/${name}Enums.h.inc -gen-enum-decls)
    convoy_tablegen(dialects ${td} ${folder}/${name}Enums.cpp.inc -gen-enum-defs)
  endif()
  if(arg_INTERFACES)
    set(td ${folder}/${name}Interfaces.td)
    convoy_tablegen(dialects ${td} ${folder}/${name}Interfaces.h.inc -gen-op-interface-decls)
    convoy_tablegen(dialects ${td} ${folder}/${name}Interfaces.cpp.inc -gen-op-interface-defs)
  endif()
  convoy_tablegen_target(convoy_${mnemonic}_tablegen)
endmacro()
