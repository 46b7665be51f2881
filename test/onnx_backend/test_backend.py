"""The ONNX project's backend suite, evaluated op by op: the meaning of what the importer makes, judged from outside."""
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EVALUATE = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin")).parent / "test" / "bin" / "onnx-evaluate"

try:
    import cases
    from not_covered import NOT_COVERED
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"the backend suite needs {missing.name}")


def evaluate(folders):
    """Lines (verdict, folder, reason). A crash is the verdict of the case at which the program ended."""
    lines = []
    while folders:
        process = subprocess.run([EVALUATE, *folders], capture_output=True, text=True, timeout=300)
        new = [re.match(r"(passed|failed|refused) (\S+?)(?:: (.*))?$", line).groups() for line in process.stdout.splitlines()]
        if len(new) < len(folders):
            new.append(("crashed", folders[len(new)], process.stderr[-2000:]))
        lines += new
        folders = folders[len(new):]
    return lines


def chunks(items, size):
    return [items[i:i + size] for i in range(0, len(items), size)]


def reason_of(message):
    return next((reason for pattern, reason in NOT_COVERED if re.search(pattern, message or "")), None)


class Backend(unittest.TestCase):
    def test_cases(self):
        with tempfile.TemporaryDirectory() as scratch:
            folders = []
            for name in cases.names():
                cases.prepare(name, pathlib.Path(scratch) / name)
                folders.append(f"{scratch}/{name}")
            with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
                results = [line for part in pool.map(evaluate, chunks(folders, 40)) for line in part]
        reasons = collections.Counter()
        for verdict, folder, message in results:
            reason = reason_of(message) if verdict == "refused" else None
            if reason:
                reasons[reason] += 1
                continue
            with self.subTest(folder.removeprefix(scratch + "/")):
                self.assertEqual(verdict, "passed", message)
        print(f"backend suite: {sum(reasons.values())} cases not covered")
        for reason, count in reasons.most_common():
            print(f"  {count:4} {reason}")


if __name__ == "__main__":
    unittest.main()
