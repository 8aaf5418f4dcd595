import { z } from 'zod';
import { type OwnFile, openOwnFile } from './own-file.ts';

const side = z.number().int().min(-100_000).max(100_000);
const savedSchema = z.object({
  x: side,
  y: side,
  width: z.number().int().min(200).max(20_000),
  height: z.number().int().min(200).max(20_000),
  isMaximized: z.boolean(),
});
export type SavedBounds = z.infer<typeof savedSchema>;

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Without a place the system chooses one. */
export type Placement = Pick<Rectangle, 'width' | 'height'> & Partial<Rectangle>;

export const minimumSize = { width: 640, height: 480 };
const usualSize = { width: 1240, height: 820 };

export function openBounds(file: string): OwnFile<SavedBounds> {
  return openOwnFile(file, savedSchema, 'The window’s place');
}

/** Where the window goes: where it was, as long as enough of it is on a screen to be seen and dragged. */
export function placeWindow(saved: SavedBounds | undefined, workAreas: Rectangle[]): Placement {
  const largest = workAreas.reduce(
    (best, area) => ({ width: Math.max(best.width, area.width), height: Math.max(best.height, area.height) }),
    { width: minimumSize.width, height: minimumSize.height },
  );
  const width = Math.min(Math.max(saved?.width ?? usualSize.width, minimumSize.width), largest.width);
  const height = Math.min(Math.max(saved?.height ?? usualSize.height, minimumSize.height), largest.height);
  if (!saved || !workAreas.some((area) => showsTitleBar(area, { x: saved.x, y: saved.y, width, height })))
    return { width, height };
  return { x: saved.x, y: saved.y, width, height };
}

/** At least 120 × 30 pixels of the window's upper edge lie inside the area. */
function showsTitleBar(area: Rectangle, window: Rectangle): boolean {
  const overlap = Math.min(area.x + area.width, window.x + window.width) - Math.max(area.x, window.x);
  return overlap >= 120 && window.y >= area.y && window.y + 30 <= area.y + area.height;
}
