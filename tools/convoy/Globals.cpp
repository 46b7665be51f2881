#include "tools/convoy/Globals.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

#include <cstdio>

using namespace mlir;

namespace convoy::tools {

static void writeLine(FILE *stream, const std::string &line) {
  std::fprintf(stream, "%s\n", line.c_str());
  std::fflush(stream);
}

void Globals::event(const std::string &kind, nlohmann::json fields) const {
  if (!json)
    return;
  nlohmann::json line = {{"event", kind}};
  line.update(fields);
  writeLine(stdout, line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Globals::result(const std::string &line) const {
  if (!json)
    writeLine(stdout, line);
}

void Globals::say(const std::string &line) const {
  if (!json && !quiet)
    writeLine(stderr, line);
}

void Globals::fail(const std::string &message) {
  exitCode = exitUserError;
  event("error", {{"message", message}});
  if (!json)
    writeLine(stderr, "error: " + message);
}

static std::string placeOf(FileLineColLoc line) {
  return line.getFilename().str() + ":" + std::to_string(line.getLine()) + ":" + std::to_string(line.getColumn());
}

/// "model.onnx:conv1", "net.textproto:12:3", "net.textproto:12:3 (conv1)"; empty if nothing is known.
static std::string placeOf(Location location) {
  std::string place;
  location->walk([&](Location part) {
    if (auto name = dyn_cast<NameLoc>(part)) {
      auto line = dyn_cast<FileLineColLoc>(name.getChildLoc());
      StringRef layer = name.getName().getValue().rsplit(':').second;
      place = line ? placeOf(line) + " (" + layer.str() + ")" : name.getName().str();
    } else if (auto line = dyn_cast<FileLineColLoc>(part)) {
      place = placeOf(line);
    }
    return place.empty() ? WalkResult::advance() : WalkResult::interrupt();
  });
  return place;
}

static void print(Diagnostic &diagnostic, Globals &globals) {
  std::string text = diagnostic.str(), place = placeOf(diagnostic.getLocation());
  const char *severity = diagnostic.getSeverity() == DiagnosticSeverity::Error     ? "error"
                         : diagnostic.getSeverity() == DiagnosticSeverity::Warning ? "warning"
                                                                                   : "note";
  globals.event(severity, {{"place", place}, {"message", text}});
  if (!globals.json)
    writeLine(stderr, (place.empty() ? "" : place + ": ") + severity + ": " + text);
  for (Diagnostic &note : diagnostic.getNotes())
    // An attached operation in MLIR syntax says nothing to a person who wrote no MLIR.
    if (note.str().find("see current operation") == std::string::npos)
      print(note, globals);
}

DiagnosticPrinter::DiagnosticPrinter(MLIRContext &context, Globals &globals)
    : handler(&context, [&globals](Diagnostic &diagnostic) {
        print(diagnostic, globals);
        return success();
      }) {
  context.printOpOnDiagnostic(false);
}

} // namespace convoy::tools
