/** Calling the person: the title and the app's badge count the open prompts, and a new one is heard or felt. */

let count = 0;
/** @type {AudioContext | undefined} */
let audio;

// Browsers let a page be heard only once somebody has done something on it.
for (const name of ["click", "keydown"]) {
  globalThis.addEventListener(name, () => void (audio ??= new AudioContext()).resume(), { once: true });
}

/**
 * Say how many prompts are open; more than before call.
 *
 * @param {number} open
 */
export function attract(open) {
  if (open > count) call();
  count = open;
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = open === 0 ? title : `(${open}) ${title}`;
  void (open === 0 ? navigator.clearAppBadge?.() : navigator.setAppBadge?.(open))?.catch(() => {});
}

function call() {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([120, 60, 120]);
  if (audio === undefined) return;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  volume.gain.setValueAtTime(0.08, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.5);
  tone.frequency.value = 880;
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.5);
}
