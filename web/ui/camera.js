/** Reading a QR code with the camera, where the browser can (the Barcode Detection API). */

import { fill, h } from "./dom.js";
import { words } from "./language.js";

const LOOK_EVERY_MS = 200;

/**
 * Show what the camera sees in `view`, until a code was found.
 *
 * @param {HTMLElement} view
 * @param {(content: string) => Promise<void>} found
 * @param {HTMLElement} trouble
 */
export async function camera(view, found, trouble) {
  const video = h("video", { playsinline: true, muted: true });
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    fill(trouble, h("p", { role: "alert" }, words.scan.noCamera));
    return;
  }
  fill(view, video);
  await video.play();
  const content = await seen(video);
  for (const track of video.srcObject.getTracks()) track.stop();
  fill(view);
  if (content !== null) await found(content);
}

/**
 * The content of the first code that comes into view; null once the picture has left the page.
 *
 * @param {HTMLVideoElement} video
 * @returns {Promise<string | null>}
 */
async function seen(video) {
  // @ts-expect-error TypeScript does not know the Barcode Detection API yet.
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  while (video.isConnected) {
    const [code] = await detector.detect(video);
    if (code) return code.rawValue;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return null;
}
