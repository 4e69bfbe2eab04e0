// Exact decimal numbers: whole units of 10^-8 as BigInt, never a float.
import { word } from "./dom.js";

export const PLACES = 8;
const UNIT = 10n ** BigInt(PLACES);

/** The units of what somebody typed ("1,234.50", "１２３。5"); 0n when empty, null when it is no number. */
export function parse(text) {
  const plain = text.normalize("NFKC").replace(/[\s\u00a0\u202f']/g, "").replace(/[−–]/g, "-").replace(/。/g, word("decimal"))
    .split(word("group")).join("").replace(word("decimal"), ".");
  if (plain === "") return 0n;
  const parts = /^([+-]?)(\d*)(?:\.(\d{0,8}))?$/.exec(plain);
  if (!parts || !(parts[2] || parts[3])) return null;
  const units = BigInt(parts[2] || "0") * UNIT + BigInt((parts[3] ?? "").padEnd(PLACES, "0"));
  return parts[1] === "-" ? -units : units;
}

/** Units as people read them, with at least `scale` decimals and no digit lost. */
export function format(units, scale = 2) {
  const sign = units < 0n ? "-" : "";
  const size = units < 0n ? -units : units;
  const whole = (size / UNIT).toString().replace(/\B(?=(\d{3})+$)/g, word("group"));
  let fraction = (size % UNIT).toString().padStart(PLACES, "0").replace(/0+$/, "");
  fraction = fraction.padEnd(scale, "0");
  return sign + whole + (fraction ? word("decimal") + fraction : "");
}

/** The product of two numbers of units, rounded half up (away from zero) to `scale` decimals. */
export function product(one, other, scale = 2) {
  const step = 10n ** BigInt(2 * PLACES - scale);
  const exact = one * other;
  const size = ((exact < 0n ? -exact : exact) + step / 2n) / step;
  return (exact < 0n ? -size : size) * 10n ** BigInt(PLACES - scale);
}
