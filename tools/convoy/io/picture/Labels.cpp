#include "tools/convoy/io/picture/Labels.h"

#include "runtime/data/file.h"

#include <cstdlib>
#include <sstream>

namespace convoy::tools {

namespace {

/// The strings of a Python list, from behind its bracket. Nothing else may stand in it.
bool parsePythonList(const std::string &text, size_t at, std::vector<std::string> &labels) {
  while (at < text.size()) {
    char c = text[at++];
    if (c == ']')
      return true;
    if (c == '\'' || c == '"') {
      std::string label;
      while (at < text.size() && text[at] != c && text[at] != '\n') {
        at += text[at] == '\\';
        if (at < text.size())
          label += text[at++];
      }
      if (at >= text.size() || text[at++] != c)
        return false;
      labels.push_back(label);
    } else if (c != ',' && c != ' ' && c != '\n' && c != '\r' && c != '\t') {
      return false;
    }
  }
  return false;
}

} // namespace

Result<std::vector<std::string>> readLabels(const std::string &path) {
  unsigned char *bytes = nullptr;
  size_t size = 0;
  convoy_error error = {};
  if (convoy_file_read(path.c_str(), &bytes, &size, &error))
    return Error{error.message};
  std::string text(reinterpret_cast<char *>(bytes), size);
  std::free(bytes);
  std::vector<std::string> labels;
  const std::string list = "_IMAGENET_CATEGORIES = [";
  if (size_t at = text.find(list); at != std::string::npos) {
    if (!parsePythonList(text, at + list.size(), labels))
      return Error{path + ": the list _IMAGENET_CATEGORIES can't be understood"};
    return labels;
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r')
      line.pop_back();
    labels.push_back(line);
  }
  if (labels.empty())
    return Error{path + " holds no labels"};
  return labels;
}

} // namespace convoy::tools
