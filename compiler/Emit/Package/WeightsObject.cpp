#include "compiler/Emit/Package/WeightsObject.h"

#include "llvm/Support/MathExtras.h"

#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace convoy::compiler {

namespace {

/// Alignment of the section in the file and in memory.
constexpr uint64_t pageBytes = 4096;

/// Sections: none, the weights, symbols, their names, names of sections.
enum Section : uint16_t { None, Weights, Symbols, SymbolNames, SectionNames, SectionCount };

/// What stands behind the weights: symbols, names, section headers.
struct Trailer {
  Elf64_Sym symbols[2] = {};
  std::string symbolNames, sectionNames;
  Elf64_Shdr sections[SectionCount] = {};
};

uint32_t addName(std::string &names, const std::string &name) {
  uint32_t offset = static_cast<uint32_t>(names.size());
  names += name + '\0';
  return offset;
}

/// Lays the trailer out from `offset` on; returns its bytes.
std::string trailerBytes(Trailer &trailer, uint64_t offset, uint64_t weightBytes) {
  Elf64_Shdr *s = trailer.sections;
  s[Weights].sh_offset = pageBytes;
  s[Weights].sh_size = weightBytes;
  s[Symbols].sh_offset = offset;
  s[Symbols].sh_size = sizeof trailer.symbols;
  s[SymbolNames].sh_offset = s[Symbols].sh_offset + s[Symbols].sh_size;
  s[SymbolNames].sh_size = trailer.symbolNames.size();
  s[SectionNames].sh_offset = s[SymbolNames].sh_offset + s[SymbolNames].sh_size;
  s[SectionNames].sh_size = trailer.sectionNames.size();
  std::string bytes(reinterpret_cast<const char *>(trailer.symbols), sizeof trailer.symbols);
  bytes += trailer.symbolNames + trailer.sectionNames;
  bytes.resize(llvm::alignTo(bytes.size(), 8));
  bytes.append(reinterpret_cast<const char *>(s), sizeof trailer.sections);
  return bytes;
}

Trailer describe(const std::string &symbol, uint64_t weightBytes) {
  Trailer trailer;
  trailer.symbolNames = trailer.sectionNames = std::string(1, '\0');
  trailer.symbols[1].st_name = addName(trailer.symbolNames, symbol);
  trailer.symbols[1].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
  trailer.symbols[1].st_other = STV_HIDDEN;
  trailer.symbols[1].st_shndx = Weights;
  trailer.symbols[1].st_size = weightBytes;
  Elf64_Shdr *s = trailer.sections;
  s[Weights].sh_name = addName(trailer.sectionNames, ".convoy_weights");
  s[Weights].sh_type = SHT_PROGBITS;
  s[Weights].sh_flags = SHF_ALLOC;
  s[Weights].sh_addralign = pageBytes;
  s[Symbols].sh_name = addName(trailer.sectionNames, ".symtab");
  s[Symbols].sh_type = SHT_SYMTAB;
  s[Symbols].sh_link = SymbolNames;
  s[Symbols].sh_info = 1; // The first global symbol.
  s[Symbols].sh_entsize = sizeof(Elf64_Sym);
  s[Symbols].sh_addralign = 8;
  s[SymbolNames].sh_name = addName(trailer.sectionNames, ".strtab");
  s[SymbolNames].sh_type = SHT_STRTAB;
  s[SymbolNames].sh_addralign = 1;
  s[SectionNames].sh_name = addName(trailer.sectionNames, ".shstrtab");
  s[SectionNames].sh_type = SHT_STRTAB;
  s[SectionNames].sh_addralign = 1;
  return trailer;
}

std::string headerBytes(uint64_t sectionHeaders) {
  Elf64_Ehdr header = {};
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_shoff = sectionHeaders;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = SectionCount;
  header.e_shstrndx = SectionNames;
  std::string bytes(reinterpret_cast<const char *>(&header), sizeof header);
  bytes.resize(pageBytes);
  return bytes;
}

Error failed(const std::string &what) { return Error{what + ": " + strerror(errno)}; }

/// Appends the file `from` to the file `to`, within the kernel.
Status append(int to, int from, const std::string &file, int64_t bytes) {
  while (bytes > 0) {
    ssize_t sent = sendfile(to, from, nullptr, static_cast<size_t>(bytes));
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0)
      return failed(file);
    if (sent == 0)
      return Error{file + ": the file became shorter while it was read"};
    bytes -= sent;
  }
  return ok();
}

} // namespace

Result<MemoryFile> makeWeightsObject(const std::string &file, int64_t bytes, const std::string &symbol) {
  uint64_t weightBytes = static_cast<uint64_t>(bytes);
  Trailer trailer = describe(symbol, weightBytes);
  uint64_t end = llvm::alignTo(pageBytes + weightBytes, 8);
  std::string last = trailerBytes(trailer, end, weightBytes);
  auto object = MemoryFile::create(headerBytes(end + last.size() - sizeof trailer.sections));
  if (!object)
    return object;
  int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return failed(file);
  Status appended = append(object->descriptor, descriptor, file, bytes);
  close(descriptor);
  if (!appended)
    return Error{appended.error()};
  last.insert(0, end - pageBytes - weightBytes, '\0');
  if (pwrite(object->descriptor, last.data(), last.size(), static_cast<off_t>(pageBytes + weightBytes)) !=
      static_cast<ssize_t>(last.size()))
    return failed("no file in memory");
  return object;
}

} // namespace convoy::compiler
