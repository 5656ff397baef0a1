// Photographs are made smaller on the phone (照片压缩): at most 1,600 points a side, as JPEG, without what a camera adds.
const SIDE = 1600;
const QUALITY = 0.8;

export async function shrunk(file) {
  const picture = await decoded(file);
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!blob) throw new Error("the picture cannot be written");
  return { blob, sha256: await sha256(blob), taken_at: new Date().toISOString() };
}

function decoded(file) {
  if (window.createImageBitmap) return createImageBitmap(file, { imageOrientation: "from-image" });
  return new Promise((resolve, reject) => {
    const image = new Image();
    const address = URL.createObjectURL(file);
    image.onload = () => { URL.revokeObjectURL(address); resolve(image); };
    image.onerror = () => { URL.revokeObjectURL(address); reject(new Error("not a picture")); };
    image.src = address;
  });
}

async function sha256(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await new Response(blob).arrayBuffer());
  return [...new Uint8Array(digest)].map((x) => x.toString(16).padStart(2, "0")).join("");
}
