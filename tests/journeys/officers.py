"""Officers in a real browser."""

from playwright.sync_api import Page

from tests.admin.officers import PASSWORD, code_of


def sign_in(page: Page, name: str) -> None:
    """Fill in the form as a person would, and the code where one is asked for."""
    page.get_by_label("Tên đăng nhập").fill(name)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_label("Mật khẩu").press("Enter")
    code = page.get_by_label("Mã xác thực")
    leave = page.get_by_role("button", name="Đăng xuất")
    code.or_(leave).wait_for()
    if code.is_visible():
        code.fill(code_of(name))
        code.press("Enter")
    leave.wait_for()
    # A choice that is made before the page's scripts listen goes nowhere.
    page.wait_for_load_state()
