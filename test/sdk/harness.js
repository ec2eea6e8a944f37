// harness.js - runs calls by name, one after the other. Says each that succeeded; ends with 1 at the first that did
// not.
export async function run(calls, but = []) {
  for (const name of but) delete calls[name];
  for (const [name, call] of Object.entries(calls)) {
    try {
      await call();
    } catch (error) {
      console.log(`${name}: failed`);
      console.error(error);
      process.exit(1);
    }
    console.log(`${name}: ok`);
  }
  console.log(`all ${Object.keys(calls).length}`);
}
