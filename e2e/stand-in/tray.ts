import { existsSync, readFileSync } from 'node:fs';
import type { MenuInstance } from './menu.ts';
import { state } from './state.ts';
import { StrictEmitter } from './strict.ts';

const pngSignature = '89504e470d0a1a0a';

/** Electron takes a missing or broken file without a word and shows an empty icon: here it is an error. */
function checkImage(image: string): string {
  if (!existsSync(image)) throw new Error(`stand-in: there is no icon ${image}`);
  if (readFileSync(image).subarray(0, 8).toString('hex') !== pngSignature)
    throw new Error(`stand-in: ${image} is not a PNG`);
  return image;
}

/** What is in the tray, for specs: `globalThis.standInTrays`. */
const trays: Tray[] = [];
Object.defineProperty(globalThis, 'standInTrays', { value: trays });

export class Tray extends StrictEmitter {
  image: string;
  toolTip = '';
  menu: MenuInstance | null = null;
  #isDestroyed = false;

  constructor(image: string) {
    super('Tray', ['click', 'right-click', 'double-click']);
    if (!state.isReady) throw new Error('Cannot create Tray before app is ready');
    this.image = checkImage(image);
    trays.push(this);
  }
  #check(): void {
    if (this.#isDestroyed) throw new TypeError('Object has been destroyed');
  }
  setImage(image: string): void {
    this.#check();
    this.image = checkImage(image);
  }
  setToolTip(toolTip: string): void {
    this.#check();
    this.toolTip = toolTip;
  }
  setContextMenu(menu: MenuInstance | null): void {
    this.#check();
    this.menu = menu;
  }
  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
  destroy(): void {
    this.#isDestroyed = true;
    trays.splice(trays.indexOf(this), 1);
  }
}
