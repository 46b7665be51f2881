#pragma once

#include <string>
#include <vector>

namespace convoy::tools {

/// printf into a string.
std::string format(const char *text, ...) __attribute__((format(printf, 1, 2)));

/// Text that must not become markup, as names of a model's file.
std::string escapedHtml(const std::string &text);

/// Number of single-character edits between two names.
size_t editDistance(const std::string &a, const std::string &b);

/// For the end of a message: " (did you mean 'x'?)" if one of `names` is like `wrong`, else a list of them.
std::string suggestion(const std::string &wrong, const std::vector<std::string> &names);

} // namespace convoy::tools
