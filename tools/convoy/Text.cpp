#include "tools/convoy/Text.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace convoy::tools {

std::string format(const char *text, ...) {
  va_list arguments, again;
  va_start(arguments, text);
  va_copy(again, arguments);
  int size = std::vsnprintf(nullptr, 0, text, arguments);
  va_end(arguments);
  std::string result(size + 1, '\0');
  std::vsnprintf(result.data(), result.size(), text, again);
  va_end(again);
  result.pop_back();
  return result;
}

size_t editDistance(const std::string &a, const std::string &b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t edited = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = row[j];
      row[j] = edited;
    }
  }
  return row[b.size()];
}

std::string suggestion(const std::string &wrong, const std::vector<std::string> &names) {
  std::string best, all;
  size_t closest = wrong.size() / 2 + 1;
  for (const std::string &name : names) {
    all += (all.empty() ? "'" : ", '") + name + "'";
    if (size_t distance = editDistance(wrong, name); distance < closest) {
      closest = distance;
      best = name;
    }
  }
  if (!best.empty())
    return " (did you mean '" + best + "'?)";
  if (names.size() == 1)
    return " (there is only " + all + ")";
  return names.empty() ? " (there are none)" : " (there are " + all + ")";
}

std::string escapedHtml(const std::string &text) {
  std::string safe;
  for (char c : text)
    if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '&')
      safe += "&amp;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += c;
  return safe;
}

} // namespace convoy::tools
