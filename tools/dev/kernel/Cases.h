#pragma once

#include <string>

namespace convoy::dev {

std::string readFile(const std::string &path);
/// `-` is standard output.
bool writeFile(const std::string &path, const std::string &bytes);

/// For each NAME.textproto of the folder: runs the best candidate, and the plain schedule, on dense raw NAME.in0, ...,
/// and writes NAME.best.out0, ..., NAME.plain.out0, ..., or NAME.error. Extents of symbols stand in NAME.symbols as
/// lines `NUMBER=EXTENT`. A schedule that the kernel carries takes the place of the best candidate.
int runCases(const std::string &folder, const std::string &target);

/// Compiles each NAME.textproto of the folder for `target` to NAME.o and NAME.s, or writes NAME.error.
int compileCases(const std::string &folder, const std::string &target);

} // namespace convoy::dev
