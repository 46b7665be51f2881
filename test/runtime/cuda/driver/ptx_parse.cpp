#include "test/runtime/cuda/driver/ptx.h"

#include <cstdlib>
#include <sstream>

namespace standin {

namespace {

std::string trim(const std::string &text) {
  size_t from = text.find_first_not_of(" \t\r\n"), to = text.find_last_not_of(" \t\r\n");
  return from == std::string::npos ? "" : text.substr(from, to - from + 1);
}

/// "a, {b, c}, [d+4]" -> its parts.
std::vector<std::string> splitOperands(const std::string &text) {
  std::vector<std::string> parts;
  int depth = 0;
  std::string part;
  for (char c : text) {
    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    if (c == ',' && !depth) {
      parts.push_back(trim(part));
      part.clear();
    } else {
      part += c;
    }
  }
  if (!trim(part).empty())
    parts.push_back(trim(part));
  return parts;
}

class Parser {
public:
  Parser(const std::vector<std::string> &parameters) : parameters(parameters), program(std::make_shared<Program>()) {}

  std::shared_ptr<Program> parse(const std::string &body) {
    std::istringstream lines(body);
    std::string line;
    while (std::getline(lines, line))
      parseLine(trim(line.substr(0, line.find("//"))));
    for (Instruction &instruction : program->code)
      if (instruction.kind == Kind::branch)
        instruction.target = labels.count(instruction.text) ? labels[instruction.text] : -1;
    return program;
  }

private:
  void parseLine(const std::string &line) {
    if (line.empty() || line == "{" || line == "}")
      return;
    if (line[0] == '{') // "{ .reg .b32 tmp; mov.b64 {%r1, tmp}, %rd1; }"
      return parseGroup(line.substr(1, line.rfind('}') - 1));
    if (line.back() == ':') {
      labels[line.substr(0, line.size() - 1)] = static_cast<int>(program->code.size());
    } else if (line[0] == '.') {
      size_t open = line.find('[');
      if (line.compare(0, 6, ".local") == 0 && open != std::string::npos)
        program->localBytes += std::strtoull(line.c_str() + open + 1, nullptr, 10);
    } else {
      program->code.push_back(parseInstruction(line));
    }
  }

  void parseGroup(const std::string &statements) {
    std::istringstream parts(statements);
    for (std::string part; std::getline(parts, part, ';');)
      parseLine(trim(part));
  }

  int newRegister() { return program->registers++; }

  int constant(uint64_t value) {
    int place = newRegister();
    program->constants.emplace_back(place, value);
    return place;
  }

  /// A register, a special one, or a constant.
  int operand(const std::string &text) {
    if (text[0] == '%' && text.find('.') != std::string::npos)
      return special(text);
    if (text[0] == '%') {
      auto [found, added] = registers.emplace(text, 0);
      if (added)
        found->second = newRegister();
      return found->second;
    }
    if (text.compare(0, 2, "0f") == 0 || text.compare(0, 2, "0d") == 0)
      return constant(std::strtoull(text.c_str() + 2, nullptr, 16));
    if (text.find("__local_depot") == 0)
      return constant(0);
    return constant(static_cast<uint64_t>(std::strtoll(text.c_str(), nullptr, 0)));
  }

  static int special(const std::string &text) {
    size_t dot = text.find('.');
    std::string name = text.substr(1, dot - 1);
    int axis = text[dot + 1] - 'x';
    return axis + (name == "tid" ? tid : name == "ctaid" ? ctaid : name == "ntid" ? ntid : nctaid);
  }

  std::vector<int> operands(const std::string &text) {
    std::vector<int> places;
    if (text[0] != '{')
      return {operand(text)};
    for (const std::string &part : splitOperands(text.substr(1, text.size() - 2)))
      places.push_back(operand(part));
    return places;
  }

  /// "[%rd1+64]"
  void address(const std::string &text, Instruction &i) {
    size_t sign = text.find_first_of("+-", 1);
    std::string base = text.substr(1, (sign == std::string::npos ? text.size() - 1 : sign) - 1);
    i.offset = sign == std::string::npos ? 0 : std::strtoll(text.c_str() + sign + (text[sign] == '+'), nullptr, 0);
    for (size_t p = 0; p < parameters.size(); ++p)
      if (parameters[p] == base)
        i.target = static_cast<int>(p);
    i.from.insertFirst(i.target >= 0 ? 0 : operand(base));
  }

  void access(const std::vector<std::string> &parts, const std::vector<std::string> &given, Instruction &i) {
    const std::string &type = parts.back();
    i.bytes = std::atoi(type.c_str() + 1) / 8;
    i.isSigned = type[0] == 's';
    bool loads = parts[0] == "ld", isGeneric = parts.size() == 2 || parts[1][0] == 'v';
    i.space = isGeneric              ? Space::generic
              : parts[1] == "shared" ? Space::shared
              : parts[1] == "local"  ? Space::local
                                     : Space::global;
    bool known = i.space != Space::global || parts[1] == "global" || parts[1] == "param";
    if (given.size() != 2 || !i.bytes || !known)
      return;
    i.kind = parts[1] == "param" ? Kind::parameter : loads ? Kind::load : Kind::store;
    (loads ? i.to : i.from) = Places(operands(given[loads ? 0 : 1]));
    address(given[loads ? 1 : 0], i);
  }

  void compute(const std::string &name, const std::vector<std::string> &given, Instruction &i) {
    i.pure = findPure(name);
    if (given.size() < 2)
      return;
    i.to = Places(operands(given[0]));
    for (size_t k = 1; k < given.size(); ++k)
      for (int place : operands(given[k]))
        i.from.push_back(place);
    if (name.compare(0, 4, "mov.") == 0 && (i.to.size() > 1 || i.from.size() > 1)) {
      i.kind = i.to.size() > 1 ? Kind::unpack : Kind::pack;
      i.bytes = std::atoi(name.c_str() + 5) / 8 / static_cast<int>(std::max(i.to.size(), i.from.size()));
    } else if (i.pure) {
      i.kind = Kind::pure;
    }
  }

  Instruction parseInstruction(std::string line) {
    Instruction i;
    i.text = line;
    if (line[0] == '@') {
      size_t space = line.find_first_of(" \t");
      i.negated = line[1] == '!';
      i.predicate = operand(line.substr(i.negated ? 2 : 1, space - (i.negated ? 2 : 1)));
      line = trim(line.substr(space));
    }
    line = line.substr(0, line.find(';'));
    size_t space = line.find_first_of(" \t");
    std::string mnemonic = line.substr(0, space), name;
    std::vector<std::string> parts, given = splitOperands(space == std::string::npos ? "" : line.substr(space));
    std::istringstream words(mnemonic);
    for (std::string part; std::getline(words, part, '.');)
      if (part != "rn" && part != "nc" && part != "uni") {
        parts.push_back(part);
        name += (name.empty() ? "" : ".") + part;
      }
    if (name == "bra") {
      i.kind = Kind::branch;
      i.text = given[0];
    } else if (name == "ret" || name == "exit") {
      i.kind = Kind::exit;
    } else if (name == "bar.sync" || name == "barrier.sync") {
      i.kind = Kind::barrier;
    } else if ((parts[0] == "ld" || parts[0] == "st") && parts.size() > 1) {
      access(parts, given, i);
    } else {
      compute(name, given, i);
    }
    if (!i.to.fits() || !i.from.fits())
      i.kind = Kind::unknown;
    return i;
  }

  const std::vector<std::string> &parameters;
  std::shared_ptr<Program> program;
  std::map<std::string, int> registers, labels;
};

} // namespace

std::shared_ptr<Program> parseProgram(const std::string &body, const std::vector<std::string> &parameters) {
  return Parser(parameters).parse(body);
}

} // namespace standin
