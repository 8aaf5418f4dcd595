import { IconDots } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { SecretInfo } from '../../../server/contract/secrets.ts';
import { openOutside } from '../../ui/external-link.tsx';
import { Menu, type MenuAction } from '../../ui/menu.tsx';

interface Props {
  secret: SecretInfo;
  isShut: boolean;
  onClear(): void;
  onHistory(): void;
}

/** What is rarely done, and what cannot be undone. */
export function SecretMenu({ secret, isShut, onClear, onHistory }: Props) {
  const { t } = useTranslation();
  const { name, keyUrl, isSet, versions } = secret;
  const actions: (MenuAction | false)[] = [
    isSet && keyUrl !== undefined && { label: t('secrets.getKey'), onSelect: () => openOutside(keyUrl) },
    versions > 0 && { label: t('secretCare.history.open'), onSelect: onHistory },
    versions > 0 && { label: t('secrets.clear'), danger: true, disabled: isShut, onSelect: onClear },
  ];
  const shown = actions.filter((action) => action !== false);
  if (shown.length === 0) return null;
  return (
    <span className="grid size-[26px] place-items-center">
      <Menu
        label={t('secrets.actionsFor', { name })}
        trigger={<IconDots size={16} stroke={1.5} aria-hidden />}
        actions={shown}
      />
    </span>
  );
}
