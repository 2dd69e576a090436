// Free place: where in a picture a text of some size covers no other text and no element.

const PICTURE_ROW = 4; // units of the picture between two heights that are tried
const PICTURE_GAP = 2; // pixels on the screen that stay free around a text
const PICTURE_LINE = 1.2; // height of a line, by its font size

/** The texts and elements of a picture with their boxes: left, top, right, bottom. */
function pictureObstacles(svg) {
  return [...svg.querySelectorAll("text, .entity > :is(rect, path)")].map((node) => {
    const { x, y, width, height } = node.getBBox();
    return { node, box: [x, y, x + width, y + height] };
  });
}

/** The centre of the free place nearest to `anchor` for a text of `size` within the frame; undefined if none is free. */
function pictureFreePlace([left, top, width, height], [wide, high], anchor, obstacles) {
  const [first, last] = [left + wide / 2, left + width - wide / 2];
  const taken = obstacles.map((box) => [box[0] - wide / 2, box[1] - high / 2, box[2] + wide / 2, box[3] + high / 2]);
  const beside = Math.max(first, Math.min(last, anchor[0]));
  let [best, least] = [undefined, Infinity];
  for (let y = top + high / 2; y <= top + height - high / 2; y += PICTURE_ROW) {
    const across = taken.filter((box) => box[1] < y && y < box[3]);
    for (const x of [beside, ...across.flatMap((box) => [box[0], box[2]])]) {
      const isFree = first <= x && x <= last && !across.some((box) => box[0] < x && x < box[2]);
      const away = Math.hypot(x - anchor[0], y - anchor[1]);
      if (isFree && away < least) [best, least] = [[x, y], away];
    }
  }
  return best;
}

function pictureEnlarged([left, top, width, height], factor) {
  const [wide, high] = [width * factor, height * factor];
  return [left - (wide - width) / 2, top - (high - height) / 2, wide, high];
}

function pictureWrite(nodes, size, [x, y]) {
  nodes.forEach((node, line) => {
    node.setAttribute("x", x);
    node.setAttribute("y", y - (nodes.length / 2 - line - 0.85) * PICTURE_LINE * size);
  });
}
