# load.py GLIMPSE PAGE SECONDS ROUNDS [IN-FLIGHT...] - runs each client against one mock, called by load.sh.
# CPU and memory are the client's process as the kernel accounts for it (wait4), its start included.
# IN-FLIGHT: 32 256 1000. A PAGE of "-" prints lines instead, and those of REQUIRED as figures at their end:
# name, measured, required, "at least", with tabs between. A figure compares requests a second of CPU time,
# which is the rate where the client has its core to itself; the start of a client (a run for no time at all) does
# not count.
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

glimpse, page, seconds, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
levels = [int(n) for n in sys.argv[5:]] or [32, 256, 1000]
here = os.path.dirname(os.path.abspath(__file__))
MOCK_CORE, CLIENT_CORE = "0", "1"
REQUIRED = {"aiohttp": 10, "undici": 2.2, "Go (net/http)": 1.3, "openai (Node SDK)": 32}  # at 256 in flight


def first_numbers(text):
    ok, failed, took = text.split()[-3:]
    return int(ok), int(failed), float(took) or 1e-9


def of_wrk(text):
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    lost = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    failed = int(bad[1]) if bad else 0
    done = int(re.search(r"(\d+) requests in", text)[1])
    return done - failed, failed + (sum(map(int, lost.groups())) if lost else 0), seconds


def of_h2load(text):
    found = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", text)
    return int(found[1]), int(found[2]), seconds


def clients(url, n, seconds=seconds):
    chat = url + "/chat/completions"
    body = os.path.join(here, "load_body.json")
    with open(body, "w") as out:
        json.dump({"model": "m", "messages": [{"role": "user", "content":
                  "The package holds a program that reads descriptions. " * 8}]}, out)
    report = os.path.join(here, "load_report.json")
    if os.path.exists(report):
        os.unlink(report)
    length = ["--duration", f"{seconds}s"] if seconds else ["--requests", "1"]
    yield "wrk", shutil.which("wrk"), ["wrk", "-t1", f"-c{n}", f"-d{seconds or 1}s", "-s", here + "/wrk_chat.lua", chat], of_wrk
    yield "h2load (HTTP/1.1)", shutil.which("h2load"), ["h2load", "--h1", "-t1", f"-c{n}", f"-D{seconds or 1}", "-d", body,
          "-H", "content-type: application/json", chat], of_h2load
    yield "glimpse bench", True, [glimpse, "bench", "-q", "--base-url", url, "--concurrent-users", str(n), "--concurrency",
          str(n), *length, "--pool-ratio", "0", "--cache-size", "0", "--coalesce", "off",
          "--fallback", "off", "--calibrate-first", "off", "--json", report], of_glimpse
    has = subprocess.run(["/usr/bin/python3", "-c", "import aiohttp"], capture_output=True).returncode == 0
    yield "aiohttp", has, ["/usr/bin/python3", here + "/load_aiohttp.py", url, str(seconds), str(n)], first_numbers
    compiled = here + "/load_go"
    yield "Go (net/http)", os.path.exists(compiled), [compiled, url, str(seconds), str(n)], first_numbers
    yield "undici", shutil.which("node"), ["node", here + "/load_undici.js", url, str(seconds), str(n)], first_numbers
    yield "openai (Node SDK)", shutil.which("node"), ["node", here + "/load_sdk.js", url, str(seconds), str(n)], first_numbers


def of_glimpse(_):
    with open(os.path.join(here, "load_report.json")) as file:
        totals = json.load(file)["totals"]
    ok = totals["by_status"]["aligned"]
    return ok, totals["measured"] - ok, totals["elapsed_s"]


def run(argv, count):
    with open(os.path.join(here, "load.out"), "w+") as out:
        child = subprocess.Popen(["taskset", "-c", CLIENT_CORE] + argv, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        out.seek(0)
        ok, failed, took = count(out.read())
    cpu = usage.ru_utime + usage.ru_stime
    return ok / took, cpu * 1e6 / max(ok, 1), usage.ru_maxrss / 1024, failed, ok, cpu


def figures(url, n, found):
    starts = {name: run(argv, count)[5] for name, there, argv, count in clients(url, n, 0) if there}
    def per_second(name):
        return statistics.median(ok / (cpu - starts[name]) for _, _, _, _, ok, cpu in found[name])
    for name, required in REQUIRED.items():
        if name in found:
            short = re.sub(r"[^a-z]+", "_", name.lower()).strip("_")
            print(f"rate_beside_{short}\t{per_second('glimpse bench') / per_second(name):.2f}\t{required}\tat least")


def cell(values, form):
    return f"{form % statistics.median(values)} ({form % min(values)}-{form % max(values)})"


def main():
    port_file = os.path.join(here, "load.port")
    if os.path.exists(port_file):
        os.unlink(port_file)
    mock = subprocess.Popen(["taskset", "-c", MOCK_CORE, glimpse, "mock", "--port-file", port_file])
    try:
        until = time.monotonic() + 5
        while not os.path.exists(port_file) or not open(port_file).read().strip():
            if time.monotonic() > until:
                sys.exit("load.py: the mock does not listen")
            time.sleep(0.01)
        url = f"http://127.0.0.1:{open(port_file).read().strip()}/v1"
        rows, plain, absent, last = [], [], set(), None
        for n in levels:
            found = {}
            for _ in range(rounds):
                for name, there, argv, count in clients(url, n):
                    if there:
                        found.setdefault(name, []).append(run(argv, count))
                    else:
                        absent.add(name)
            if page == "-" and n == 256:
                last = (url, n, found)
            for name, runs in found.items():
                rate, cpu, rss, failed, _, _ = zip(*runs)
                plain.append(f"{n:5} {name:20} {statistics.median(rate):8.0f} requests/s {statistics.median(cpu):7.1f} us {sum(failed)} failed")
                rows.append(f"| {n} | {name} | {cell(rate, '%.0f')} | {cell(cpu, '%.1f')} | {cell(rss, '%.1f')} | {sum(failed)} |")
        if page == "-":
            print("\n".join(plain))
            if last:
                figures(*last)
            return
    finally:
        mock.terminate()
        mock.wait()
    lines = ["# The cost of loading an endpoint, by client", "",
             f"Printed by `sh bench/peers/load.sh {seconds} {rounds}`: each client in a closed loop for {seconds} s against the "
             f"same `glimpse mock` without latency, HTTP/1.1 on loopback, the client on one core and the mock on "
             f"another; median (least-most) of {rounds} rounds, the clients in turn. CPU and memory are of the "
             "client's whole process, its start included. `wrk` and `h2load` send one fixed body and decode no "
             "answer; the others make each request and parse each answer. Where the mock's core is full the "
             "rate is the mock's, and only CPU per request compares the clients. Bodies differ in size and "
             "text: those of `glimpse bench` are all different. Where the spread of a rate is wide, other work "
             "had part of the machine.", "",
             "| in flight | client | requests/s | CPU us/request | most memory, MB | failed |",
             "| ---: | --- | ---: | ---: | ---: | ---: |", *rows, ""]
    if absent:
        lines += ["Not installed here, so left out: " + ", ".join(sorted(absent)) + ".", ""]
    with open(page, "w") as out:
        out.write("\n".join(lines))
    print("\n".join(lines))


main()
