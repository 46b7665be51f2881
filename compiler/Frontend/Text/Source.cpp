#include "compiler/Frontend/Text/Source.h"
#include "compiler/Frontend/Text/Suggest.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <google/protobuf/io/tokenizer.h>

using namespace mlir;
namespace pb = google::protobuf;

namespace convoy::frontend {

// Numbers that stand for expressions: integers that a double holds exactly, too.
static constexpr int64_t firstStandIn = 8'000'000'000'000'000'000;
static constexpr int64_t standInStep = 2048;

static int64_t standIn(size_t expression) { return firstStandIn + static_cast<int64_t>(expression) * standInStep; }

//===-- Messages of the parser ------------------------------------------------------------------===//

/// The words between quotes.
static SmallVector<StringRef> quotedWords(StringRef message) {
  SmallVector<StringRef> parts, words;
  message.split(parts, '"');
  for (size_t i = 1; i < parts.size(); i += 2)
    words.push_back(parts[i]);
  return words;
}

static std::string explainUnknownField(StringRef type, StringRef field) {
  const pb::Descriptor *descriptor = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(type.str());
  std::vector<std::string> known;
  for (int i = 0; descriptor && i < descriptor->field_count(); ++i)
    known.push_back(descriptor->field(i)->name());
  StringRef shortType = type.rsplit('.').second;
  return llvm::formatv("{0} has no field '{1}'{2}", shortType, field, suggest(field, known));
}

static std::string explainUnknownEnumerator(StringRef value, StringRef field) {
  const auto *file = text::Network::descriptor()->file();
  std::vector<std::string> known;
  for (int m = 0; m < file->message_type_count(); ++m)
    if (const auto *found = file->message_type(m)->FindFieldByName(field.str()); found && found->enum_type())
      for (int i = 0; i < found->enum_type()->value_count(); ++i)
        known.push_back(found->enum_type()->value(i)->name());
  return llvm::formatv("'{0}' is no value of '{1}'{2}", value, field, suggest(value, known));
}

/// Protocol Buffers' message in words of a network description.
static std::string explain(StringRef message) {
  SmallVector<StringRef> words = quotedWords(message);
  if (message.starts_with("Message type") && words.size() == 2)
    return explainUnknownField(words[0], words[1]);
  if (message.contains("80000000000000"))
    return "an expression ${ } can stand in place of a number or inside of quotes, not here";
  if (message.starts_with("Unknown enumeration value") && words.size() == 2)
    return explainUnknownEnumerator(words[0], words[1]);
  return message.str();
}

class Source::Errors : public pb::io::ErrorCollector {
public:
  Errors(const Source &source, StringRef text) : source(source) { text.split(lines, '\n'); }

  void AddError(int line, int column, const std::string &message) override {
    emitError(source.locationAt(line, wordBefore(line, column, message))) << explain(message);
    ++count;
  }
  int count = 0;

private:
  /// The parser stands behind an unknown word when it complains.
  int wordBefore(int line, int column, StringRef message) const {
    SmallVector<StringRef> words = quotedWords(message);
    if (words.size() != 2 || static_cast<size_t>(line) >= lines.size())
      return column;
    StringRef word = message.starts_with("Message type") ? words[1] : words[0];
    size_t found = lines[line].take_front(column).rfind(word);
    return found == StringRef::npos ? column : static_cast<int>(found);
  }

  const Source &source;
  SmallVector<StringRef> lines;
};

//===-- Expressions in place of numbers ---------------------------------------------------------===//

/// Bytes of a comment or a quoted string at the start of `text`; 0 if neither stands there.
static size_t skipQuotedOrComment(StringRef text) {
  if (text.front() == '#')
    return std::min(text.find('\n'), text.size());
  if (text.front() != '"' && text.front() != '\'')
    return 0;
  for (size_t i = 1; i < text.size() && text[i] != '\n'; ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text.front())
      return i + 1;
  }
  return 1;
}

FailureOr<std::string> Source::replaceExpressions(StringRef content) {
  std::string result;
  int line = 0;
  size_t lineStart = 0, resultLineStart = 0;
  for (size_t at = 0; at < content.size();) {
    if (size_t skipped = skipQuotedOrComment(content.drop_front(at))) {
      result += content.substr(at, skipped);
      at += skipped;
      continue;
    }
    if (content.substr(at).starts_with("${")) {
      size_t end = content.find_first_of("}\n", at);
      if (end == StringRef::npos || content[end] != '}')
        return emitError(locationAt(line, static_cast<int>(result.size() - resultLineStart))) << "'${' isn't closed";
      int before = static_cast<int>(result.size() - resultLineStart);
      result += std::to_string(standIn(expressions.size()));
      int after = static_cast<int>(result.size() - resultLineStart);
      expressions.push_back(content.slice(at + 2, end).str());
      at = end + 1;
      shifts.push_back({line, before, after, after - static_cast<int>(at - lineStart)});
      continue;
    }
    // A tab would count as several columns.
    result += content[at] == '\t' ? ' ' : content[at];
    if (content[at++] == '\n') {
      ++line;
      lineStart = at;
      resultLineStart = result.size();
    }
  }
  return result;
}

Location Source::locationAt(int line, int column) const {
  int shift = 0;
  for (const Shift &entry : shifts) {
    if (entry.line != line || column < entry.columnBefore)
      continue;
    if (column < entry.columnAfter)
      column = entry.columnBefore;
    else
      shift = entry.shift;
  }
  return FileLineColLoc::get(context, file, static_cast<unsigned>(line + 1), static_cast<unsigned>(column - shift + 1));
}

const std::string *Source::expressionOf(int64_t number, bool &negative) const {
  negative = number < 0;
  int64_t index = number <= -firstStandIn ? -(number + firstStandIn) : number - firstStandIn;
  if (index < 0 || index % standInStep != 0 || static_cast<size_t>(index / standInStep) >= expressions.size())
    return nullptr;
  return &expressions[index / standInStep];
}

const std::string *Source::expressionOf(double number, bool &negative) const {
  return std::abs(number) < 9.2e18 ? expressionOf(static_cast<int64_t>(number), negative) : nullptr;
}

//===-- Reading ---------------------------------------------------------------------------------===//

std::unique_ptr<Source> Source::parse(MLIRContext *context, StringRef content, const std::string &path) {
  std::unique_ptr<Source> source(new Source(context, path));
  auto replaced = source->replaceExpressions(content);
  if (failed(replaced))
    return nullptr;
  Errors errors(*source, *replaced);
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.WriteLocationsTo(&source->root);
  parser.SetRecursionLimit(16);
  if (parser.ParseFromString(*replaced, &source->message))
    return source;
  if (errors.count == 0)
    emitError(source->fileLocation()) << "isn't a network description";
  return nullptr;
}

std::unique_ptr<Source> Source::read(MLIRContext *context, const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer) {
    emitError(FileLineColLoc::get(context, path, 1, 1)) << "can't be read: " << buffer.getError().message();
    return nullptr;
  }
  return parse(context, (*buffer)->getBuffer(), path);
}

std::string Source::fileName() const { return llvm::sys::path::filename(file).str(); }

Location Source::locate(const Tree *tree, const pb::FieldDescriptor *field, int index) const {
  if (!tree || !field)
    return fileLocation();
  auto place = tree->GetLocation(field, field->is_repeated() ? std::max(index, 0) : -1);
  return place.line < 0 ? fileLocation() : locationAt(place.line, place.column);
}

const Tree *nestedTree(const Tree *tree, const pb::FieldDescriptor *field, int index) {
  return tree ? tree->GetTreeForNested(field, field->is_repeated() ? index : -1) : nullptr;
}

const pb::FieldDescriptor *fieldOf(const pb::Message &message, StringRef name) {
  return message.GetDescriptor()->FindFieldByName(name.str());
}

} // namespace convoy::frontend
