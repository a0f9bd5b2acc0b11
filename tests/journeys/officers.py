"""Officers in a real browser."""

from playwright.sync_api import Page

from tests.admin.officers import PASSWORD


def sign_in(page: Page, name: str) -> None:
    """Fill in the form as a person would."""
    page.get_by_label("Tên đăng nhập").fill(name)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_label("Mật khẩu").press("Enter")
    page.get_by_role("button", name="Đăng xuất").wait_for()
