import pytest

from server.config import Config, ConfigError, InBand, load


def test_nothing_given_means_the_defaults(tmp_path):
    assert load(tmp_path) == Config()
    assert Config().sep2.in_band is InBand.ENROLLED


def test_the_file_sets_and_the_environment_overrides(tmp_path, monkeypatch):
    (tmp_path / "gridherald.toml").write_text("[sep2]\nport = 1443\npen = 28547\n")
    monkeypatch.setenv("GRIDHERALD_SEP2__PORT", "2443")
    config = load(tmp_path)
    assert (config.sep2.port, config.sep2.pen) == (2443, 28547)


def test_all_faults_are_told_at_once(tmp_path):
    (tmp_path / "gridherald.toml").write_text(
        'speed = 1\n[sep2]\nport = 70000\ntime_zone = "Mars/Base"\n[admin]\nhost = "0.0.0.0"\n'
    )
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    told = str(caught.value)
    assert "speed: " in told
    assert "sep2.port: " in told
    assert "sep2.time_zone: Value error, there is no time zone 'Mars/Base'" in told
    assert "admin.host: " in told


def test_a_file_that_is_no_toml_is_told_by_name(tmp_path):
    (tmp_path / "gridherald.toml").write_text("[sep2\n")
    with pytest.raises(ConfigError, match=r"gridherald\.toml"):
        load(tmp_path)
