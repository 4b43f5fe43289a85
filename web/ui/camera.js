/** Reading a QR code with the camera, where the browser can (the Barcode Detection API). */

import { fill, h } from "./dom.js";
import { words } from "./language.js";

const LOOK_EVERY_MS = 200;

/**
 * Show what the camera sees in `view`, until it has seen a code that is taken, or the view has left the page.
 *
 * @param {HTMLElement} view
 * @param {(content: string) => boolean} take whether this is what was looked for
 * @param {HTMLElement} trouble
 */
export async function camera(view, take, trouble) {
  const video = h("video", { playsinline: true, muted: true });
  /** @type {MediaStream | null} */
  let seen = null;
  fill(trouble);
  try {
    seen = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = seen;
    fill(view, video);
    await video.play();
    await look(video, take);
  } catch {
    fill(trouble, h("p", { role: "alert" }, words.scan.noCamera));
  } finally {
    for (const track of seen?.getTracks() ?? []) track.stop();
    video.remove();
  }
}

/**
 * @param {HTMLVideoElement} video
 * @param {(content: string) => boolean} take
 */
async function look(video, take) {
  // @ts-expect-error TypeScript does not know the Barcode Detection API yet.
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  while (video.isConnected) {
    for (const { rawValue } of await detector.detect(video)) if (take(rawValue)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
