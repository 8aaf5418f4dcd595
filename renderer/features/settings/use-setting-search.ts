import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import { type SettingSection, settingSections } from '../../api/setting-sections.ts';
import { type FieldPath, fieldOf, fieldPaths } from './fields.ts';

interface SettingSearch {
  matches(path: FieldPath): boolean;
  isShown(section: SettingSection): boolean;
  /** Nothing at all fits. */
  isEmpty: boolean;
}

/** Finds settings by their name, hint, place in the file and section, in the language of the page. */
export function useSettingSearch(query: string): SettingSearch {
  const { t } = useTranslation();
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  const sectionFits = (section: SettingSection) =>
    fits(`${t(`settings.sectionNames.${section}`)} ${t(`settings.sectionWords.${section}`)}`);
  const textOf = (path: FieldPath) => {
    const hint = `settings.hints.${path}`;
    const hintText = i18next.exists(hint) ? t(hint as 'settings.hints.server.host') : '';
    return [path, t(`settings.fields.${path}`), hintText, t(`settings.groups.${fieldOf(path).group}`)].join(' ');
  };
  const found = new Set(fieldPaths.filter((path) => fits(textOf(path)) || sectionFits(fieldOf(path).group)));
  const isShown = (section: SettingSection) =>
    sectionFits(section) || fieldPaths.some((path) => found.has(path) && fieldOf(path).group === section);
  return { matches: (path) => found.has(path), isShown, isEmpty: !settingSections.some(isShown) };
}
