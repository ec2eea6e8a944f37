# start.py GLIMPSE PAIRS - `glimpse run` of an answer in the store beside `curl --version`, from the start
# of a process to its end: one of each in turn, so many times. Prints medians of the time and of the CPU,
# and their ratios. The last line is the figure, with tabs between: name, measured, required at most.
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

REQUIRED = 2
glimpse, pairs = sys.argv[1], int(sys.argv[2])


def answered(directory):
    """Puts the answer of a mock into a store; returns the command that finds it there."""
    port = os.path.join(directory, "port")
    mock = subprocess.Popen([glimpse, "mock", "--port-file", port], stdout=subprocess.DEVNULL)
    try:
        while not os.path.exists(port) or not open(port).read().strip():
            if mock.poll() is not None:
                sys.exit("start.py: the mock does not listen")
            time.sleep(0.01)
        url = f"http://127.0.0.1:{open(port).read().strip()}/v1"
        command = [glimpse, "run", "--base-url", url, "--cache-store", os.path.join(directory, "store.db"), "What is a mutex?"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    finally:
        mock.terminate()
        mock.wait()
    return command  # the mock is gone: only the store can answer


def run(command, null):
    begin = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
    _, status, usage = os.wait4(child, 0)
    took = time.perf_counter() - begin
    if status != 0:
        sys.exit(f"start.py: {command[0]} ended with {status}")
    return took * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3


def main():
    glimpse_runs, curl_runs = [], []
    with tempfile.TemporaryDirectory() as directory:
        command = answered(directory)
        null = os.open(os.devnull, os.O_WRONLY)
        for _ in range(pairs):
            glimpse_runs.append(run(command, null))
            curl_runs.append(run([shutil.which("curl"), "--version"], null))
    for name, runs in ("glimpse", glimpse_runs), ("curl", curl_runs):
        took, cpu = ([r[i] for r in runs] for i in (0, 1))
        print(f"{name} {statistics.median(took):.2f} ms ({min(took):.2f} at least), CPU {statistics.median(cpu):.2f} ms")
    ratio = [statistics.median(r[i] for r in glimpse_runs) / statistics.median(r[i] for r in curl_runs) for i in (0, 1)]
    print(f"ratio {ratio[0]:.2f}, of CPU {ratio[1]:.2f}")
    print(f"run_of_a_stored_answer_beside_curl\t{ratio[0]:.3g}\t{REQUIRED}")


main()
