// upstream.js - what the mock behind a gateway saw: its figures and its journal, at the address of the mock.
export function upstreamAt(url) {
  const get = async (path) => (await fetch(`${url}/__mock/${path}`)).json();
  const stats = () => get('stats');
  return {
    stats,
    // The requests whose body has the text, oldest first.
    async asked(text) {
      return (await get('journal?limit=10000')).data.filter((one) => one.body.includes(text));
    },
    // Waits until something is so; a minute is for ever.
    async until(what, isSo) {
      const give_up = Date.now() + 60_000;
      while (!(await isSo())) {
        if (Date.now() > give_up) throw new Error(`never: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}
