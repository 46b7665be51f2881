#pragma once

#include "compiler/Frontend/Text/network.pb.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/StringRef.h"

#include <google/protobuf/text_format.h>
#include <memory>
#include <string>
#include <vector>

namespace convoy::frontend {

using Tree = google::protobuf::TextFormat::ParseInfoTree;

/// A network description and where its parts stand in the file.
///
/// An expression ${ } in place of a number is replaced by a number that stands for it before Protocol Buffers parses
/// the text; columns of messages and locations are those of the file.
class Source {
public:
  /// Null after a diagnostic.
  static std::unique_ptr<Source> read(mlir::MLIRContext *context, const std::string &path);
  static std::unique_ptr<Source> parse(mlir::MLIRContext *context, llvm::StringRef content, const std::string &path);

  const text::Network &network() const { return message; }
  const Tree &tree() const { return root; }
  const std::string &path() const { return file; }
  std::string fileName() const;

  /// The expression that a number stands for; null if it is just a number. `negative`: a minus stood before it.
  const std::string *expressionOf(int64_t number, bool &negative) const;
  const std::string *expressionOf(double number, bool &negative) const;

  /// Where the field of the message behind `tree` stands; the file if `tree` is null or has no such field.
  mlir::Location locate(const Tree *tree, const google::protobuf::FieldDescriptor *field, int index = -1) const;
  mlir::Location fileLocation() const { return locationAt(0, 0); }

private:
  Source(mlir::MLIRContext *context, const std::string &path) : context(context), file(path) {}

  class Errors;
  /// From `columnAfter` on, columns of a line of the parsed text are ahead of the file's by `shift`.
  struct Shift {
    int line;
    int columnBefore, columnAfter;
    int shift;
  };

  mlir::FailureOr<std::string> replaceExpressions(llvm::StringRef content);
  mlir::Location locationAt(int line, int column) const;

  mlir::MLIRContext *context;
  std::string file;
  text::Network message;
  Tree root;
  std::vector<std::string> expressions;
  std::vector<Shift> shifts;
};

/// The tree of a message inside of another; null if there is none.
const Tree *nestedTree(const Tree *tree, const google::protobuf::FieldDescriptor *field, int index = -1);
const google::protobuf::FieldDescriptor *fieldOf(const google::protobuf::Message &message, llvm::StringRef name);

} // namespace convoy::frontend
