# load_aiohttp.py URL SECONDS CONCURRENCY - aiohttp, closed loop for so long. Prints answers, failures, seconds taken.
import asyncio
import sys
import time

import aiohttp

url, seconds, concurrency = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
body = {"model": "m", "messages": [{"role": "user", "content": "The package holds a program that reads descriptions. " * 8}]}
count = [0, 0]


async def worker(session, end):
    while time.monotonic() < end:
        try:
            async with session.post(url + "/chat/completions", json=body) as answer:
                whole = await answer.json()
                count[0 if whole["choices"][0]["message"]["content"] else 1] += 1
        except (aiohttp.ClientError, KeyError, ValueError):
            count[1] += 1


async def main():
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        begin = time.monotonic()
        end = begin + seconds
        await asyncio.gather(*(worker(session, end) for _ in range(concurrency)))
        count.append(time.monotonic() - begin)


asyncio.run(main())
print(*count)
