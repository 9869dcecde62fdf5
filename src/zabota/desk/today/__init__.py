"""The administrator's screen «Сегодня», pages of tasks and scripts."""
