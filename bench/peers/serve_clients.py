# serve_clients.py - the clients of bench/serve.sh that are not wrk. By its name it is also the client of many streams:
#     serve_clients.py PORT STREAMS NAME=VALUE...
# which opens them all, reads them to their ends and prints a line of JSON.
import json
import os
import re
import selectors
import socket
import sys
import time

HEAD = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" \
       "Authorization: Bearer sk-of-the-caller\r\n"
TEXT = re.compile(rb'"content":"[^"]')
WORDS = "the package holds a program that reads descriptions and "  # one sentence: the mock answers with the first


def message(headers, body):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    text = json.dumps(body)
    return f"{HEAD}{lines}Content-Length: {len(text)}\r\n\r\n{text}".encode()


def ask(mark, **more):
    content = f"Item {mark} {WORDS * 9}"
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}], "temperature": 0.7, **more}


def is_whole(data):
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", data[:head + 2])
    return len(data) - head - 4 >= int(found[1]) if found else data.endswith(b"0\r\n\r\n")


class Line:
    """One connection, one request at a time."""

    def __init__(self, port, headers):
        self.headers = headers
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, body):
        """Seconds to the first text, and to the end."""
        bytes_out, data, first = message(self.headers, body), b"", None
        began = time.perf_counter()
        self.socket.sendall(bytes_out)
        while not is_whole(data):
            piece = self.socket.recv(65536)
            now = time.perf_counter()
            if not piece:
                sys.exit(f"serve.py: the connection ended within an answer: {data!r}")
            data += piece
            if first is None and TEXT.search(data):
                first = now - began
        if not data.startswith(b"HTTP/1.1 200") or first is None:
            sys.exit(f"serve.py: no answer: {data!r}")
        return first, now - began


def streams(port, count, headers):
    """Holds `count` streams at once. Returns those that ended as they must, and the silences between events."""
    ready = selectors.DefaultSelector()
    state, begun, whole, silences, failed = {}, 0, 0, [], []
    while begun < count or state:
        for _ in range(min(20, count - begun)):  # at once; the rest after those that can be read
            line = socket.create_connection(("127.0.0.1", port))
            line.sendall(message(headers, ask(f"{os.getpid()} {begun}", stream=True, max_tokens=TOKENS)))
            line.setblocking(False)
            ready.register(line, selectors.EVENT_READ)
            state[line] = [b"", None, 0]
            begun += 1
        for key, _ in ready.select(0 if begun < count else 60):
            line, now = key.fileobj, time.monotonic()
            of = state[line]
            try:
                piece = line.recv(65536)
            except OSError:
                piece = b""
            if piece and of[1] is not None:
                silences.append(now - of[1])
            of[0], of[1], of[2] = (of[0] + piece)[-4096:], now, of[2] + len(TEXT.findall(piece))
            if piece and not of[0].endswith(b"0\r\n\r\n"):
                continue
            good = piece and b"data: [DONE]" in of[0] and of[2] == TOKENS
            whole += bool(good)
            if not good:
                failed.append(of[0].decode("latin1")[-300:])
            ready.unregister(line)
            line.close()
            del state[line]
    return whole, sorted(silences), failed[:3]


TOKENS = 12

if __name__ == "__main__":
    given = dict(argument.split("=", 1) for argument in sys.argv[3:])
    whole, silences, failed = streams(int(sys.argv[1]), int(sys.argv[2]), given)
    print(json.dumps({"whole": whole, "p99_silence": silences[int(len(silences) * 0.99)] if silences else None, "failed": failed}))
