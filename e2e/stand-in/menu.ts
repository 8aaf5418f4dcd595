import { BrowserWindow } from './browser-window.ts';
import { strict } from './strict.ts';

/** Roles that the main process may use; a misspelt one is an error here, as an empty item would be in a real menu. */
const roles = new Set(
  `about close copy cut front help hide hideOthers minimize paste quit redo reload resetZoom selectAll services
  toggleDevTools togglefullscreen undo unhide zoom zoomIn zoomOut`.split(/\s+/),
);

interface ItemOptions {
  id?: string;
  label?: string;
  type?: string;
  role?: string;
  accelerator?: string;
  enabled?: boolean;
  submenu?: ItemOptions[];
  click?: (item: MenuItem, window: BrowserWindow | null, event: object) => void;
}

export class MenuItem {
  readonly id: string | undefined;
  readonly label: string | undefined;
  readonly role: string | undefined;
  readonly accelerator: string | undefined;
  readonly enabled: boolean;
  readonly submenu: MenuInstance | undefined;
  readonly click: () => void;

  constructor(options: ItemOptions) {
    if (options.role !== undefined && !roles.has(options.role)) throw new Error(`Unknown role ${options.role}`);
    if (options.role === undefined && options.label === undefined && options.type !== 'separator')
      throw new Error('stand-in: a menu item has a role, a label or is a separator');
    this.id = options.id;
    this.label = options.label;
    this.role = options.role;
    this.accelerator = options.accelerator;
    this.enabled = options.enabled ?? true;
    this.submenu = options.submenu && buildFromTemplate(options.submenu);
    this.click = () => options.click?.(this, BrowserWindow.getAllWindows().at(-1) ?? null, {});
  }
}

export class MenuInstance {
  readonly items: MenuItem[];
  constructor(items: MenuItem[]) {
    this.items = items;
  }
  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }
}

function buildFromTemplate(template: ItemOptions[]): MenuInstance {
  return new MenuInstance(template.map((options) => new MenuItem(options)));
}

let applicationMenu: MenuInstance | null = null;
export const Menu = strict('Menu', {
  buildFromTemplate,
  setApplicationMenu(menu: MenuInstance | null) {
    applicationMenu = menu;
  },
  getApplicationMenu: () => applicationMenu,
});
