#pragma once

#include "tools/convoy/io/Module.h"

#include <map>
#include <string>
#include <vector>

namespace convoy::tools {

/// What a network is calibrated with: the pictures and arrays of a folder. A network with one input takes all .png,
/// .jpg, .npy and .npz files in it and in its sub-folders; of one with several inputs each has a sub-folder of its
/// name, whose files in alphabetical order belong together, or .npz files hold an array for each. An array is one
/// sample, or several along the first dimension.
class Samples {
public:
  /// What can be said of the folder before the network's inputs are known.
  static Status check(const std::string &folder, const std::string &preprocess);

  /// Lists the folder and looks into every array in it; `module` says what the inputs are.
  static Result<Samples> open(const std::string &folder, const std::string &preprocess, const convoy_module &module);

  /// How often the network runs: once per batch of the size that its inputs have.
  size_t runs() const;

  /// The inputs of a run, in the module's order. Of the last run, samples of the first fill up a batch.
  Result<std::vector<HostTensor>> read(size_t run, const convoy_module &module);

  /// The files of a run, for messages.
  std::string name(size_t run) const;

private:
  /// One sample of one input.
  struct Item {
    std::string path;
    std::string array; ///< Of a .npz.
    int64_t index = 0; ///< Along the first dimension.
    bool isPicture = false;
  };

  Status addFile(const std::string &path, int32_t input, const convoy_module &module);
  Status addArray(const HostTensor &tensor, Item item, int32_t input, const convoy_module &module);
  Status addArchive(const std::string &path, const convoy_module &module);
  Result<const HostTensor *> arrayOf(const Item &item);
  Result<HostTensor> readSample(const Item &item, int32_t input, const convoy_module &module);
  Status checkCounts(const std::string &folder, const convoy_module &module) const;

  std::string preprocess;
  std::vector<std::vector<Item>> items; ///< By input.
  int64_t batch = 1;
  /// The file that was read last, per input: several samples may lie in one.
  std::map<std::string, HostTensor> last;
};

} // namespace convoy::tools
