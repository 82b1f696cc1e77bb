// Draws a frame with what was found in that same frame. The colours are those of the report and of recordings.

const COLOURS = { benign: '#0068a8', unknown: '#666666', melanoma: '#b54708' };

/** @param confirmed numbers of the lesions seen often enough; boxes of others are dashed */
export function draw(canvas, picture, frame, confirmed) {
  if (canvas.width !== frame.width || canvas.height !== frame.height) {
    canvas.width = frame.width;
    canvas.height = frame.height;
  }
  const g = canvas.getContext('2d', { alpha: false });
  g.drawImage(picture, 0, 0, frame.width, frame.height);
  const text = Math.max(13, frame.height / 36);
  g.font = `600 ${text}px system-ui, sans-serif`;
  g.textBaseline = 'middle';
  for (const lesion of frame.lesions) {
    box(g, lesion, frame, text, confirmed.has(lesion.id));
  }
}

function box(g, lesion, frame, text, solid) {
  const [left, top, width, height] = lesion.box;
  const colour = COLOURS[lesion.class];
  const line = Math.max(2, frame.height / 300);
  g.setLineDash(solid ? [] : [line * 3, line * 2]);
  g.lineWidth = line + 2;
  g.strokeStyle = '#fff';
  g.strokeRect(left, top, width, height);
  g.lineWidth = line;
  g.strokeStyle = colour;
  g.strokeRect(left, top, width, height);
  g.setLineDash([]);
  const label = `${lesion.id} ${lesion.class} ${Math.round(lesion.probability * 100)} %`;
  const wide = g.measureText(label).width + text * 0.8;
  const high = text * 1.5;
  const x = Math.max(0, Math.min(left, frame.width - wide));
  const y = top >= high ? top - high : Math.min(frame.height - high, top + height);
  g.fillStyle = colour;
  g.fillRect(x, y, wide, high);
  g.fillStyle = '#fff';
  g.fillText(label, x + text * 0.4, y + high / 2);
}
