// Links of a dashboard and of a panel.
import { Dropdown, Icon, LinkButton, Menu, ToolbarButton, Tooltip } from '@grafana/ui';
import type { IconName } from '@grafana/data';
import type { Dashboard } from './dashboard';

export interface DashboardLink {
  type?: 'link' | 'dashboards';
  title: string;
  url?: string;
  icon?: string;
  tags?: string[];
  tooltip?: string;
  asDropdown?: boolean;
  /** Set: in the menu of controls, not in sight. */
  placement?: 'inControlsMenu';
}

const ICONS: Record<string, IconName> = {
  'external link': 'external-link-alt',
  dashboard: 'apps',
  question: 'question-circle',
  info: 'info-circle',
  bolt: 'bolt',
  doc: 'file-alt',
  cloud: 'cloud',
};

/** The links at the top: a button each, or a list of the dashboards that have all of a link's tags. */
export function DashboardLinks({ dashboard, others }: { dashboard: Dashboard; others: Dashboard[] }) {
  return (
    <>
      {(dashboard.links ?? [])
        .filter(({ placement }) => !placement)
        .map((link) => {
          if (link.type !== 'dashboards') {
            return (
              <Button
                key={link.title}
                title={link.title}
                icon={ICONS[link.icon ?? '']}
                tooltip={link.tooltip}
              />
            );
          }
          const tagged = others.filter(
            (other) =>
              other.uid !== dashboard.uid && (link.tags ?? []).every((tag) => other.tags?.includes(tag))
          );
          return link.asDropdown ? (
            <List key={link.title} title={link.title} tooltip={link.tooltip} dashboards={tagged} />
          ) : (
            tagged.map((other) => (
              <Button key={other.uid} title={other.title} icon="apps" tooltip={link.tooltip} />
            ))
          );
        })}
    </>
  );
}

function Button({ title, icon, tooltip }: { title: string; icon?: IconName; tooltip?: string }) {
  return (
    <LinkButton href="#" icon={icon} tooltip={tooltip} size="sm" variant="secondary" fill="outline">
      {title}
    </LinkButton>
  );
}

function List({ title, tooltip, dashboards }: { title: string; tooltip?: string; dashboards: Dashboard[] }) {
  const menu = () => (
    <Menu>
      {dashboards.map((other) => (
        <Menu.Item key={other.uid} label={other.title} url="#" />
      ))}
    </Menu>
  );
  return (
    <Dropdown overlay={menu}>
      <ToolbarButton icon="bars" tooltip={tooltip} variant="canvas" isOpen={false}>
        {title}
      </ToolbarButton>
    </Dropdown>
  );
}

/** The sign beside the title of a panel that has links. */
export function PanelLinks({ links }: { links: DashboardLink[] }) {
  return (
    <Tooltip content={links.map((link) => link.title).join(', ')}>
      <a href="#" aria-label="panel links" style={{ display: 'flex', padding: '0 8px' }}>
        <Icon name="external-link-alt" />
      </a>
    </Tooltip>
  );
}
