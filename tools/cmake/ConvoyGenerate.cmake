# Generated headers: TableGen and Protocol Buffers. All lie in build/generated/LAYER and are included by their path from
# there; every library but the runtime's waits for all of them (target convoy_generated).
add_custom_target(convoy_generated)

function(convoy_layer_of directory out)
  cmake_path(RELATIVE_PATH directory BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE relative)
  string(REGEX REPLACE "/.*" "" layer "${relative}")
  set(${out} ${layer} PARENT_SCOPE)
  set(${out}_path ${relative} PARENT_SCOPE)
endfunction()

# convoy_tablegen_docs(SOURCE.td NAME FLAG...): a page of the reference, build/docs/NAME.md.
add_custom_target(docs ALL)
function(convoy_tablegen_docs source name)
  set(page ${PROJECT_BINARY_DIR}/docs/${name}.md)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/docs)
  add_custom_command(
    OUTPUT ${page}
    COMMAND ${CONVOY_MLIR_TBLGEN} ${ARGN} ${CMAKE_CURRENT_SOURCE_DIR}/${source} -I ${PROJECT_SOURCE_DIR}
            -I ${CMAKE_CURRENT_SOURCE_DIR} -I ${MLIR_INCLUDE_DIRS} -o ${page} -d ${page}.d
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source}
    DEPFILE ${page}.d
    COMMENT "Generating docs/${name}.md"
    VERBATIM)
  add_custom_target(docs_${name} DEPENDS ${page})
  add_dependencies(docs docs_${name})
endfunction()

# convoy_tablegen(SOURCE.td OUTPUT FLAG...): one run of mlir-tblgen on a file of this folder.
function(convoy_tablegen source output)
  convoy_layer_of(${CMAKE_CURRENT_SOURCE_DIR} layer)
  set(folder ${PROJECT_BINARY_DIR}/generated/${layer}/${layer_path})
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(
    OUTPUT ${folder}/${output}
    COMMAND ${CONVOY_MLIR_TBLGEN} ${ARGN} ${CMAKE_CURRENT_SOURCE_DIR}/${source} -I ${PROJECT_SOURCE_DIR}
            -I ${CMAKE_CURRENT_SOURCE_DIR} -I ${MLIR_INCLUDE_DIRS} -o ${folder}/${output} -d ${folder}/${output}.d
            --write-if-changed
    COMMAND ${CMAKE_COMMAND} -E touch ${folder}/${output}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source}
    DEPFILE ${folder}/${output}.d
    COMMENT "Generating ${layer_path}/${output}"
    VERBATIM)
  string(MAKE_C_IDENTIFIER "generate_${layer_path}_${output}" target)
  add_custom_target(${target} DEPENDS ${folder}/${output})
  add_dependencies(convoy_generated ${target})
endfunction()

# convoy_tablegen_passes(GROUP): Passes.h.inc from Passes.td of this folder, with registerGROUPPasses, and its page.
function(convoy_tablegen_passes group)
  convoy_tablegen(Passes.td Passes.h.inc -gen-pass-decls -name=${group})
  convoy_tablegen_docs(Passes.td ${group}Passes -gen-pass-doc)
endfunction()

# convoy_tablegen_dialect(cnn Cnn OPS CnnOps.td [ENUMS f.td] [INTERFACES f.td]): the dialect of this folder, as
# Cnn{Dialect,Ops,Attributes}.{h,cpp}.inc, and Cnn{Enums,Interfaces} where asked for.
function(convoy_tablegen_dialect mnemonic prefix)
  cmake_parse_arguments(arg "" "OPS;ENUMS;INTERFACES" "" ${ARGN})
  convoy_tablegen_docs(${arg_OPS} ${prefix}Dialect -gen-dialect-doc -dialect=${mnemonic})
  foreach(suffix h cpp)
    set(kind decls)
    if(suffix STREQUAL "cpp")
      set(kind defs)
    endif()
    convoy_tablegen(${arg_OPS} ${prefix}Dialect.${suffix}.inc -gen-dialect-${kind} -dialect=${mnemonic})
    convoy_tablegen(${arg_OPS} ${prefix}Ops.${suffix}.inc -gen-op-${kind} -dialect=${mnemonic})
    convoy_tablegen(${arg_OPS} ${prefix}Attributes.${suffix}.inc -gen-attrdef-${kind} -attrdefs-dialect=${mnemonic})
    if(arg_ENUMS)
      convoy_tablegen(${arg_ENUMS} ${prefix}Enums.${suffix}.inc -gen-enum-${kind})
    endif()
    if(arg_INTERFACES)
      convoy_tablegen(${arg_INTERFACES} ${prefix}Interfaces.${suffix}.inc -gen-op-interface-${kind})
    endif()
  endforeach()
endfunction()

# convoy_protobuf(TARGET FILE.proto [FROM other.proto] [LINKS ...]): the messages of a file below this folder (or of a
# file elsewhere, as if it lay here), included by path: "schedules/kernel.pb.h".
function(convoy_protobuf target file)
  cmake_parse_arguments(arg "" "FROM" "LINKS" ${ARGN})
  convoy_layer_of(${CMAKE_CURRENT_SOURCE_DIR} layer)
  set(root ${PROJECT_BINARY_DIR}/generated/${layer})
  cmake_path(REMOVE_EXTENSION file OUTPUT_VARIABLE stem)
  cmake_path(GET file PARENT_PATH sub_folder)
  file(MAKE_DIRECTORY ${root}/${layer_path}/${sub_folder})
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  set(source_root ${PROJECT_SOURCE_DIR})
  if(arg_FROM)
    configure_file(${arg_FROM} ${root}/${layer_path}/${file} COPYONLY)
    set(source ${root}/${layer_path}/${file})
    set(source_root ${root})
  endif()
  set(output ${root}/${layer_path}/${stem}.pb)
  add_custom_command(
    OUTPUT ${output}.cc ${output}.h
    COMMAND protobuf::protoc -I ${source_root} --cpp_out=${root} ${source}
    DEPENDS ${source}
    COMMENT "Generating ${layer_path}/${stem}.pb.h"
    VERBATIM)
  add_custom_target(${target}_generate DEPENDS ${output}.h)
  add_dependencies(convoy_generated ${target}_generate)
  add_library(${target} STATIC ${output}.cc)
  add_dependencies(${target} convoy_generated)
  target_compile_options(${target} PRIVATE -w)
  foreach(arrow IN LISTS CONVOY_ARROWS_${layer})
    target_include_directories(${target} SYSTEM PRIVATE ${PROJECT_BINARY_DIR}/generated/${arrow})
  endforeach()
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf ${arg_LINKS})
endfunction()
