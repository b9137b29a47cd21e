"""What can be wrong with a configuration file, one question a module.

``document`` is it YAML that means what it looks like? ``shape`` do keys, types and ranges fit the settings?
``rules`` do the values fit each other? ``on_disk`` is there what it names?
:mod:`alignwatch.settings_file` asks them in this order.
"""
